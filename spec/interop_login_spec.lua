--- Logins with other people's software: our client on crossbar, other people's clients on our router.

local core = require 'loowy_core'
local ev = require 'ev'
local helper = require 'spec.helper'
local lacks = require 'spec.support.interop.lacks'
local logins = require 'spec.support.interop.logins'
local matrix = require 'spec.support.matrix'

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

local DENIED = 'wamp.error.authentication_denied'

local function login_specs(cell)
    local encrypted = cell.transport == 'wss' or cell.transport == 'tls'
    local upgraded = cell.transport:match '^ws'

    local function joins(login, headers, method)
        local session = assert(cell.join { realm = 'secure', login = login, headers = headers })
        local known = cell.known(session.id)
        assert.same({ method or login.method, login and login.authid or 'joe', 'user' },
            { known.authmethod, known.authid, known.authrole })
    end

    local function altered(login, key, value)
        local copy = {}
        for k, v in pairs(login) do copy[k] = v end
        copy[key] = value
        return copy
    end

    after_each(function() cell.close() end)

    for _, listed in ipairs(logins.LIST) do
        local name, login = listed.name, listed.login
        if not lacks[cell.name]['login: ' .. name] and (encrypted or not login.binding) then
            it('joins with ' .. name, function() joins(login) end)

            it('is refused by ' .. name .. ' with a wrong secret, and as somebody else', function()
                local wrong = login.method == 'cryptosign' and logins.KEY:gsub('4', '5') or 'wrong'
                for _, other in ipairs { altered(login, 'secret', wrong), altered(login, 'authid', 'nobody') } do
                    local session, reason = cell.join { realm = 'secure', login = other }
                    assert.same({ nil, DENIED }, { session, reason })
                end
            end)
        end
    end

    if upgraded then
        it('joins with a cookie', function() joins(nil, { Cookie = 'wampauth=one secret' }, 'cookie') end)
    end

    -- The library's own binding. TLS 1.3 has it not, which our challenge says, but it signs one all the same.
    if encrypted and cell.name:match '^Autobahn|Python' then
        it('is refused when it binds by tls-unique all the same', function()
            local login = { method = 'cryptosign', authid = 'joe', secret = logins.KEY, binding = 'tls-unique' }
            local session, reason = cell.join { realm = 'secure', login = login }
            assert.same({ nil, DENIED }, { session, reason })
        end)
    end

    it('is refused without a method', function()
        local session, reason = cell.join { realm = 'secure', headers = upgraded and { Cookie = 'wampauth=wrong' } }
        assert.is_nil(session)
        assert.matches('wamp.error.', reason, 1, true)
    end)

    it('is refused in a realm that is not there', function()
        local session, reason = cell.join { realm = 'nowhere' }
        assert.same({ nil, 'wamp.error.no_such_realm' }, { session, reason })
    end)
end

-- Trusts another one.
local function without_trust(cell)
    if cell.transport ~= 'wss' and cell.transport ~= 'tls' then return end
    it('does not join a router without trust', function()
        local router = helper.router {
            listen = cell.transport == 'wss' and 'wss://127.0.0.1:0/ws' or 'tls://127.0.0.1:0',
            tls = { cert = 'spec/support/tls/stranger.pem', key = 'spec/support/tls/stranger-key.pem' },
        }
        assert.is_nil((cell.join { url = router:url() }))
    end)
end

matrix.describe({ describe = describe, setup = setup, teardown = teardown }, 'joins', function(cell)
    login_specs(cell)
    without_trust(cell)
end)
