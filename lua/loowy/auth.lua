--- Answers to the challenges of routers. Each function returns options for a client:
--
--     local login = require 'loowy.auth'.scram('joe', 'joes password')
--     local client = loowy.new(url, { realm = 'realm1', authid = login.authid, authmethods = login.authmethods,
--         helloCustomDetails = login.helloCustomDetails, onChallenge = login.onChallenge })

local core = require 'loowy_core'

local M = {}

-- An error in `onChallenge` refuses the challenge.
local function checked(value, message, ...)
    if value == nil then error(message, 0) end
    return value, message, ...
end

local function check_text(name, value, index)
    if type(value) == 'string' then return end
    error(("bad argument #%d to '%s' (string expected, got %s)"):format(index, name, type(value)), 3)
end

--- The ticket, as it is: only for connections that nobody can listen to.
function M.ticket(authid, ticket)
    check_text('ticket', authid, 1)
    check_text('ticket', ticket, 2)
    return { authid = authid, authmethods = { 'ticket' }, onChallenge = function() return ticket end }
end

--- WAMP-CRA with the secret, salted or not.
function M.wampcra(authid, secret)
    check_text('wampcra', authid, 1)
    check_text('wampcra', secret, 2)
    local function on_challenge(_, extra)
        return (checked(core.wampcra_sign(secret, extra)))
    end
    return { authid = authid, authmethods = { 'wampcra' }, onChallenge = on_challenge }
end

local function check_binding(name, binding, index)
    if binding == nil or binding == 'tls-exporter' then return end
    error(("bad argument #%d to '%s' ('tls-exporter' expected)"):format(index, name), 3)
end

-- What the login is bound to, if that is wanted: never less than that.
local function bound(binding, channel)
    if not binding then return nil end
    return channel or error('there is no channel of TLS 1.3 to bind the login to', 0)
end

--- Cryptosign with the private key, 64 hexadecimal digits.
-- @param binding 'tls-exporter' binds the login to the channel of TLS 1.3 (`wss` or `tls`): somebody in the middle has
-- no use for its signature of the router's challenge, but can make one up that has (XOR is all that the specification
-- asks for; SCRAM is bound better). Without such a channel, or when the router does not take part, the challenge is
-- refused.
function M.cryptosign(authid, key, binding)
    check_text('cryptosign', authid, 1)
    check_text('cryptosign', key, 2)
    check_binding('cryptosign', binding, 3)
    local pubkey, message = core.cryptosign_public(key)
    if not pubkey then error(message, 2) end
    local function on_challenge(_, extra, channel)
        return (checked(core.cryptosign_sign(key, extra, bound(binding, channel))))
    end
    return {
        authid = authid, authmethods = { 'cryptosign' }, onChallenge = on_challenge,
        helloCustomDetails = { authextra = { pubkey = pubkey, channel_binding = binding } },
    }
end

--- WAMP-SCRAM with the password. `verify(details)`, with WELCOME's details, tells whether the router knows it, too.
-- @param method 'wamp-scram' unless it is 'scram', the earlier draft that Crossbar.io speaks
-- @param binding 'tls-exporter' binds the login to the channel, as with cryptosign; of 'wamp-scram' alone
function M.scram(authid, password, method, binding)
    check_text('scram', authid, 1)
    check_text('scram', password, 2)
    check_binding('scram', binding, 4)
    method = method or 'wamp-scram'
    if binding and method ~= 'wamp-scram' then
        error(("bad argument #4 to 'scram' (%s binds to no channel)"):format(tostring(method)), 2)
    end
    local nonce, expected = core.scram_nonce(), nil
    local function on_challenge(chosen, extra, channel)
        channel = bound(binding, channel)
        local signature, whole, verifier, data =
            checked(core.scram_answer(chosen, authid, nonce, password, extra, channel))
        expected = verifier
        return signature, { nonce = whole, channel_binding = binding, cbind_data = data }
    end
    local function verify(details)
        local extra = type(details) == 'table' and details.authextra
        local given = type(extra) == 'table' and (extra.verifier or extra.scram_server_signature)
        return expected ~= nil and type(given) == 'string' and given:gsub('^v=', '') == expected
    end
    return {
        authid = authid, authmethods = { method }, onChallenge = on_challenge, verify = verify,
        helloCustomDetails = { authextra = { nonce = nonce, channel_binding = binding } },
    }
end

return M
