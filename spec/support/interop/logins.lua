--- The logins that other people's clients have, by the names that docs/features.md shows. SCRAM is the earlier draft,
-- with Argon2id: the PBKDF2 of Autobahn|Python refuses the salt that comes, which is text.

local M = {}

M.KEY = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510'

M.LIST = {
    { name = 'ticket', login = { method = 'ticket', authid = 'joe', secret = 'secret2' } },
    { name = 'WAMP-CRA', login = { method = 'wampcra', authid = 'joe', secret = 'secret2' } },
    { name = 'WAMP-CRA, salted', login = { method = 'wampcra', authid = 'salted', secret = 'secret3' } },
    { name = 'SCRAM', login = { method = 'scram', authid = 'joe', secret = 'secret2' } },
    { name = 'cryptosign', login = { method = 'cryptosign', authid = 'joe', secret = M.KEY } },
    { name = 'cryptosign, tls-exporter', login = {
        method = 'cryptosign', authid = 'joe', secret = M.KEY, binding = 'tls-exporter' } },
}

return M
