--- Logins with other people's software: our client on crossbar, other people's clients on our router.

local core = require 'loowy_core'
local ev = require 'ev'
local helper = require 'spec.helper'
local peer_process = require 'spec.support.peer_process'

local crossbar = os.getenv 'WAMP_URL'

for _, encoding in ipairs { 'json', 'msgpack', 'cbor' } do
    describe('crossbar over ' .. encoding .. ' #interop', function()
        after_each(helper.close)

        local function login(realm, options)
            local box = helper.mailbox()
            options = options or {}
            options.realm, options.autoReconnect, options.transportEncoding = realm, false, encoding
            for k, callback in pairs(box:callbacks('onConnect', 'onError', 'onClose')) do options[k] = callback end
            local client = helper.client(options)
            client:connect(crossbar)
            return box, client
        end

        local function wampcra(authid, secret)
            return login('secure', {
                authid = authid, authmethods = { 'wampcra' },
                onChallenge = function(method, extra)
                    assert.equal('wampcra', method)
                    return core.wampcra_sign(secret, extra)
                end,
            })
        end

        local function ticket(secret)
            return login('secure', {
                authid = 'ticketed', authmethods = { 'ticket' },
                onChallenge = function(method, extra)
                    assert.equal('ticket', method)
                    assert.same({}, extra)
                    return secret
                end,
            })
        end

        local function refused(box, ...)
            local uri = box:expect('onError').error
            assert.is_true(uri == ... or uri == select(2, ...), uri)
            box:expect 'onClose'
            ev.Loop.default:loop()
        end

        it('lets anonymous clients in', function()
            local box, client = login 'realm1'
            box:expect 'onConnect'
            assert.equal(encoding, client:options().transportEncoding)
        end)

        it('L10 accepts a ticket', function()
            ticket('secret4'):expect 'onConnect'
        end)

        it('L15 refuses a wrong ticket', function()
            refused(ticket 'wrong', 'wamp.error.not_authorized', 'wamp.error.authentication_failed')
        end)

        it('L16 accepts WAMP-CRA', function()
            wampcra('joe', 'secret2'):expect 'onConnect'
        end)

        it('L16 accepts WAMP-CRA with a salted secret', function()
            wampcra('salted', 'secret3'):expect 'onConnect'
        end)

        it('L15 refuses a wrong secret', function()
            refused(wampcra('joe', 'wrong'), 'wamp.error.not_authorized', 'wamp.error.authentication_failed')
        end)

        it('refuses a realm that is not there', function()
            refused(login 'nowhere', 'wamp.error.no_such_realm')
        end)
    end)
end

local SALT = { salt = 'salt123', iterations = 100, keylen = 16 }

local KEY = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510'

local function router_url()
    local salted = { authrole = 'user', secret = 'secret3' }
    for k, v in pairs(SALT) do salted[k] = v end
    local joe = { authrole = 'user', secret = 'secret2' }
    return helper.router({
        realms = { 'secure' },
        wampCRA = { staticCredentials = { joe = joe, salted = salted } },
        ticket = { staticCredentials = { joe = joe } },
        wampSCRAM = { staticCredentials = { joe = joe } },
        cryptosign = { staticCredentials = { joe = {
            authrole = 'user', authorizedKeys = core.cryptosign_public(KEY) } } },
    }):url()
end

local function our_client(url)
    return helper.joined(url, {
        realm = 'secure', authid = 'joe', authmethods = { 'wampcra' },
        onChallenge = function(_, extra) return core.wampcra_sign('secret2', extra) end,
    })
end

for _, name in ipairs(peer_process.NAMES) do
    for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
        describe(('%s over %s on our router #interop'):format(name, format), function()
            after_each(helper.close)

            local function joins(authid, secret, method)
                local url = router_url()
                local client = our_client(url)
                local process = assert(peer_process.start(name, url, format, 'secure', { authid, secret, method }))
                assert.equal('onSuccess', (helper.called(client, 'peer.echo')))
                helper.published(client, 'peer.stop')
                peer_process.ended(process)
            end

            it('joins with WAMP-CRA', function() joins('joe', 'secret2') end)
            it('joins with WAMP-CRA and a salted secret', function() joins('salted', 'secret3') end)
            it('joins with a ticket', function() joins('joe', 'secret2', 'ticket') end)
            it('joins with cryptosign', function() joins('joe', KEY, 'cryptosign') end)

            -- Of these, it alone has the method.
            if name == 'Autobahn|Python' then
                it('joins with SCRAM', function() joins('joe', 'secret2', 'scram') end)
            end

            local wrong = { wampcra = 'wrong', ticket = 'wrong', cryptosign = KEY:gsub('4', '5') }
            if name == 'Autobahn|Python' then wrong.scram = 'wrong' end
            for method, secret in pairs(wrong) do
                it('is refused with a wrong secret for ' .. method, function()
                    local login = { 'joe', secret, method }
                    local process, said = peer_process.start(name, router_url(), format, 'secure', login)
                    assert.is_nil(process)
                    assert.matches('wamp.error.authentication_denied', said, 1, true)
                end)
            end
        end)
    end
end
