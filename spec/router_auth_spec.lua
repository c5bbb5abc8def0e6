--- Who may join our router: every method, with tables, a file and callbacks.

local auth = require 'loowy.auth'
local core = require 'loowy_core'
local helper = require 'spec.helper'
local router = require 'loowy.router'
local process = require 'spec.support.process'

local KEY = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510'
local OTHER = 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd'
local DENIED = 'wamp.error.authentication_denied'

-- Like most, it does not come back.
local function attempt(url, login)
    local box = helper.mailbox()
    local options = box:callbacks('onConnect', 'onError', 'onClose')
    for k, v in pairs(login or {}) do
        if k ~= 'verify' then options[k] = v end
    end
    options.autoReconnect = false
    local client = helper.client(options)
    client:connect(url)
    return box, client
end

local function joins(url, login)
    local box, client = attempt(url, login)
    box:expect 'onConnect'
    return client
end

local function refused(url, login, reason)
    local box = attempt(url, login)
    assert.equal(reason or DENIED, box:expect('onError').error)
    box:expect 'onClose'
end

local function who(instance)
    local session = assert(instance:sessions('realm1')[1])
    return { session.authid, session.authrole, session.authmethod, session.authprovider }
end

local function of(user) return { staticCredentials = { joe = user } } end

-- The option, a login that is right, and two that are wrong.
local METHODS = {
    ticket = {
        { ticket = of { authrole = 'user', secret = 's1' } },
        auth.ticket('joe', 's1'), auth.ticket('joe', 's2'), auth.ticket('ann', 's1'),
    },
    wampcra = {
        { wampCRA = of { authrole = 'user', secret = 's1' } },
        auth.wampcra('joe', 's1'), auth.wampcra('joe', 's2'), auth.wampcra('ann', 's1'),
    },
    ['wamp-scram'] = {
        { wampSCRAM = of { authrole = 'user', secret = 's1', memory = 64, iterations = 1 } },
        auth.scram('joe', 's1'), auth.scram('joe', 's2'), auth.scram('ann', 's1'),
    },
    scram = {
        { wampSCRAM = of { authrole = 'user', secret = 's1', memory = 64, iterations = 1 } },
        auth.scram('joe', 's1', 'scram'), auth.scram('joe', 's2', 'scram'), auth.scram('ann', 's1', 'scram'),
    },
    cryptosign = {
        { cryptosign = of { authrole = 'user', authorizedKeys = { core.cryptosign_public(KEY) } } },
        auth.cryptosign('joe', KEY), auth.cryptosign('joe', OTHER), auth.cryptosign('ann', KEY),
    },
}

describe('loowy.router, authentication', function()
    after_each(helper.close)

    for method, case in pairs(METHODS) do
        it(method .. ': lets in who proves it, and nobody else', function()
            local options, right, wrong, unknown = case[1], case[2], case[3], case[4]
            local instance = helper.router { ticket = options.ticket, wampCRA = options.wampCRA,
                wampSCRAM = options.wampSCRAM, cryptosign = options.cryptosign }
            refused(instance:url(), wrong)
            refused(instance:url(), unknown)
            refused(instance:url(), nil, 'wamp.error.no_matching_auth_method')
            joins(instance:url(), right)
            assert.same({ 'joe', 'user', method, 'static' }, who(instance))
        end)
    end

    it('wamp-scram: the client checks that the router knows the password', function()
        -- What our client answers is seen by a router that is played; here both computations meet.
        local nonce = core.scram_nonce()
        local extra = { nonce = nonce .. 'AAAA', salt = 'MDEyMzQ1Njc4OWFiY2RlZg==', kdf = 'pbkdf2', iterations = 4096 }
        local login = auth.scram('joe', 's1')
        assert.has_error(function() login.onChallenge('wamp-scram', extra) end,
            "the challenge's nonce does not begin with ours")
        extra.nonce = login.helloCustomDetails.authextra.nonce .. 'AAAA'
        assert.is_false(login.verify { authextra = { verifier = '' } })
        local signature, answer = login.onChallenge('wamp-scram', extra)
        assert.same({ nonce = extra.nonce }, answer)
        local expected, _, verifier =
            core.scram_answer('wamp-scram', 'joe', login.helloCustomDetails.authextra.nonce, 's1', extra)
        assert.equal(expected, signature)
        for _, wrong in ipairs { {}, { authextra = {} }, { authextra = { verifier = 'x' } }, 5 } do
            assert.is_false(login.verify(wrong))
        end
        assert.is_true(login.verify { authextra = { verifier = verifier } })
        assert.is_true(login.verify { authextra = { verifier = 'v=' .. verifier } })
        assert.is_true(login.verify { authextra = { scram_server_signature = verifier } })
    end)

    describe('bound to the channel', function()
        local CERT = 'spec/support/tls/cert.pem'
        local TRUSTING, TLS = { ca = CERT }, { cert = CERT, key = 'spec/support/tls/key.pem' }
        local USERS = {
            cryptosign = of { authrole = 'user', authorizedKeys = { core.cryptosign_public(KEY) } },
            wampSCRAM = of { authrole = 'user', secret = 's1', memory = 64, iterations = 1 },
        }
        local LOGINS = {
            cryptosign = function() return auth.cryptosign('joe', KEY, 'tls-exporter') end,
            ['wamp-scram'] = function() return auth.scram('joe', 's1', nil, 'tls-exporter') end,
        }

        local function router_at(...)
            local options = { listen = { ... }, tls = TLS }
            for method, users in pairs(USERS) do options[method] = users end
            return helper.router(options)
        end

        local function trusting(login, change)
            login.tls = TRUSTING
            local answer = login.onChallenge
            if change then
                login.onChallenge = function(method, extra, channel) return answer(method, extra, change(channel)) end
            end
            return login
        end

        for method, login in pairs(LOGINS) do
            it(method .. ': joins over wss:// and tls://, each time anew', function()
                local instance = router_at('wss://127.0.0.1:0/ws', 'tls://127.0.0.1:0')
                local channels = {}
                local function note(channel)
                    assert.matches('^%x+$', channel)
                    assert.equal(64, #channel)
                    assert.is_nil(channels[channel])
                    channels[channel] = true
                    return channel
                end
                for _, url in ipairs(instance:urls()) do
                    for _ = 1, 2 do
                        local client = joins(url, trusting(login(), note))
                        assert.same({ 'joe', 'user', method, 'static' }, who(instance))
                        local box = helper.mailbox()
                        client:options().onClose = box:on 'onClose'
                        client:disconnect()
                        box:expect 'onClose'
                    end
                end
            end)

            it(method .. ': who has signed for another channel is denied', function()
                local url = router_at('wss://127.0.0.1:0/ws'):url()
                refused(url, trusting(login(), function(channel) return (channel:gsub('%x%x', 'ab')) end))
            end)

            it(method .. ': nothing is signed without a channel', function()
                local url = router_at('ws://127.0.0.1:0/ws', 'wss://127.0.0.1:0/ws'):url()
                local box = attempt(url, login())
                box:expect 'onError'
                box:expect 'onClose'
            end)

            it(method .. ': nothing is signed for somebody in the middle', function()
                local port = router_at('ws://127.0.0.1:0/ws'):url():match ':(%d+)/'
                local front = process.new('exec python3 spec/support/tls_front.py ' .. port)
                finally(function() front:kill() end)
                front:start()
                local signed = {}
                local bound = trusting(login())
                local answer = bound.onChallenge
                function bound.onChallenge(...)
                    signed[#signed + 1] = answer(...)
                    return signed[#signed]
                end
                local box = attempt(front.url, bound)
                box:expect 'onError'
                box:expect 'onClose'
                assert.same({}, signed)
            end)
        end

        it('is asked for by its name', function()
            for _, wrong in ipairs { 'tls-unique', true, '' } do
                assert.has_error(function() auth.cryptosign('joe', KEY, wrong) end,
                    "bad argument #3 to 'cryptosign' ('tls-exporter' expected)")
                assert.has_error(function() auth.scram('joe', 's1', nil, wrong) end,
                    "bad argument #4 to 'scram' ('tls-exporter' expected)")
            end
            assert.has_error(function() auth.scram('joe', 's1', 'scram', 'tls-exporter') end,
                "bad argument #4 to 'scram' (scram binds to no channel)")
        end)
    end)

    it('a cookie is a pass, or tells who it is', function()
        local with = function(cookie) return { headers = { Cookie = cookie } } end
        local instance = helper.router { cookieAuth = { authType = 'static', staticCredentials = { 'good' } } }
        refused(instance:url(), with 'wampauth=bad')
        refused(instance:url())
        joins(instance:url(), with 'wampauth=good')
        assert.equal('anonymous', who(instance)[2])
        instance = helper.router { cookieAuth = { staticCredentials = { c1 = { authid = 'joe', authrole = 'user' } } } }
        joins(instance:url(), with 'wampauth=c1')
        assert.same({ 'joe', 'user', 'cookie', 'static' }, who(instance))
    end)

    it('wamp-cra by callbacks, as Wiola calls them', function()
        local sessions = {}
        local instance = helper.router { wampCRA = {
            authType = 'dynamic',
            challengeCallback = function(session, authid)
                sessions[session] = authid
                return 'sign this, ' .. authid
            end,
            authCallback = function(session, signature)
                local authid = sessions[session]
                local expected = core.wampcra_sign('s1', { challenge = 'sign this, ' .. authid })
                return signature == expected and { authid = authid, authrole = 'user', authprovider = 'db',
                    authmethod = 'wampcra' }
            end,
        } }
        refused(instance:url(), auth.wampcra('joe', 's2'))
        joins(instance:url(), auth.wampcra('joe', 's1'))
        assert.same({ 'joe', 'user', 'wampcra', 'db' }, who(instance))
    end)

    it('cookies by a callback', function()
        local function known(cookie)
            return cookie == 'pass' or cookie == 'joe' and { authid = 'joe', authrole = 'user' }
        end
        local cookies = { authType = 'dynamic', cookieName = 'c', authCallback = known }
        local instance = helper.router { cookieAuth = cookies }
        local with = function(cookie) return { headers = { Cookie = cookie } } end
        refused(instance:url(), with 'c=other')
        joins(instance:url(), with 'c=pass')
        assert.equal('anonymous', who(instance)[2])
        instance = helper.router { cookieAuth = cookies }
        joins(instance:url(), with 'a=b; c=joe')
        assert.same({ 'joe', 'user', 'cookie', 'dynamic' }, who(instance))
    end)

    it('credentials by a callback, for every method', function()
        local users = {}
        for method, case in pairs(METHODS) do
            local _, option = next(case[1])
            users[method] = option.staticCredentials
        end
        local asked = {}
        local function find(authid, question)
            asked[#asked + 1] = question.method
            assert.equal('realm1', question.realm)
            assert.equal('127.0.0.1', question.ip)
            return users[question.method][authid]
        end
        local dynamic = { authType = 'dynamic', credentialsCallback = find }
        local instance = helper.router {
            ticket = dynamic, wampCRA = dynamic, wampSCRAM = dynamic, cryptosign = dynamic }
        for method, case in pairs(METHODS) do
            refused(instance:url(), case[3])
            refused(instance:url(), case[4])
            local client = joins(instance:url(), case[2])
            assert.same({ 'joe', 'user', method, 'dynamic' }, who(instance))
            client:disconnect()
            helper.run_until(function() return #instance:sessions('realm1') == 0 end, 'the session to end', 5)
        end
        assert.equal(15, #asked)
    end)

    it('a callback may wait, and the others are served meanwhile', function()
        local waiting
        local instance = helper.router {
            realms = { { name = 'realm1', ticket = { authType = 'dynamic', authCallback = function(authid, ticket)
                waiting = coroutine.running()
                return coroutine.yield(authid, ticket)
            end } }, 'realm2' },
        }
        local box = attempt(instance:url(), auth.ticket('joe', 's1'))
        helper.run_until(function() return waiting ~= nil end, 'the question', 0.01)
        helper.joined(instance:url(), { realm = 'realm2' })
        assert.equal('', box:names())
        assert(coroutine.resume(waiting, { authrole = 'user' }))
        box:expect 'onConnect'
        assert.same({ 'joe', 'user', 'ticket', 'dynamic' }, who(instance))
    end)

    it('an answer that comes when the router was stopped is nobody else\'s after it was started again', function()
        local waiting = {}
        local instance = helper.router { ticket = { authType = 'dynamic', authCallback = function(authid)
            waiting[authid] = coroutine.running()
            return coroutine.yield()
        end } }
        attempt(instance:url(), auth.ticket('joe', 's1'))
        helper.run_until(function() return waiting.joe end, 'the first question', 0.01)
        instance:stop()
        assert(instance:start())
        local box = attempt(instance:url(), auth.ticket('eve', 'a guess'))
        helper.run_until(function() return waiting.eve end, 'the second question', 0.01)
        assert(coroutine.resume(waiting.joe, { authid = 'joe', authrole = 'user' }))
        assert(coroutine.resume(waiting.eve, nil))
        assert.equal(DENIED, box:expect('onError').error)
        assert.same({}, instance:sessions())
    end)

    it('each realm has its own callbacks, and those of all otherwise', function()
        local function by(name)
            return { authType = 'dynamic', authCallback = function() return { authid = name, authrole = 'user' } end }
        end
        local instance = helper.router {
            realms = {
                'realm1', { name = 'own', ticket = by 'own' }, { name = 'common' }, { name = '*', ticket = by 'any' },
            },
            ticket = by 'all',
        }
        for realm, name in pairs { realm1 = 'all', own = 'own', common = 'all', other = 'any' } do
            local login = auth.ticket('joe', 's1')
            login.realm = realm
            joins(instance:url(), login)
            assert.equal(name, instance:sessions(realm)[1].authid)
        end
    end)

    it('who is not answered in time is refused', function()
        local instance = helper.router { joinTimeout = 0.3, ticket = {
            authType = 'dynamic', authCallback = function() coroutine.yield() end } }
        refused(instance:url(), auth.ticket('joe', 's1'))
    end)

    it('a callback that raises or returns nonsense refuses, and is logged', function()
        local cases = {
            [function() error 'no database' end] = 'no database',
            [function() error { 'a table' } end] = 'ticket.authCallback: table: ',
            [function() return 5 end] = 'expected table, got number',
            [function() return true end] = 'expected table, got boolean',
            [function() return {} end] = "'authrole': expected string, got nil",
            [function() return { authrole = print } end] = 'function',
        }
        for fn, problem in pairs(cases) do
            local log = {}
            local instance = helper.router { ticket = { authType = 'dynamic', authCallback = fn },
                log = function(level, message) log[#log + 1] = level .. ' ' .. message end }
            refused(instance:url(), auth.ticket('joe', 's1'))
            assert.equal(1, #log)
            assert.matches('error ticket.authCallback: ', log[1], 1, true)
            assert.matches(problem, log[1], 1, true)
        end
    end)

    it('reads its file of users again', function()
        local path = os.tmpname()
        local function write(text)
            local file = assert(io.open(path, 'w'))
            file:write(text)
            file:close()
        end
        write '{"ticket": {"joe": {"authrole": "user", "secret": "s1"}}}'
        local instance = helper.router { credentialsFile = path }
        joins(instance:url(), auth.ticket('joe', 's1'))
        write '{"ticket": {"ann": {"authrole": "user", "secret": "s2"}}}'
        assert.is_true(instance:reload())
        refused(instance:url(), auth.ticket('joe', 's1'))
        joins(instance:url(), auth.ticket('ann', 's2'))
        write '{"ticket": {"ann": {\n"authrole": }}}'
        local ok, message = instance:reload()
        assert.is_nil(ok)
        assert.matches('line 2', message, 1, true)
        write '{"ticket": {"ann": {"authrole": "user"}}}'
        message = select(2, instance:reload())
        assert.matches("'ticket.ann.secret': expected string, got nil", message, 1, true)
        joins(instance:url(), auth.ticket('ann', 's2'))
        os.remove(path)
    end)

    describe('who does not exist', function()
        local NAMES = { 'joe', 'ann', 'nobody', 'neither' }

        -- What they are asked at first, but for what is new each time.
        local function challenged(url, method)
            local seen = {}
            for _, name in ipairs(NAMES) do
                local login = method == 'wampcra' and auth.wampcra(name, 's') or auth.scram(name, 's')
                function login.onChallenge(_, extra)
                    extra.challenge, extra.nonce = nil, nil
                    seen[name] = extra
                    error 'no answer'
                end
                local box = attempt(url, login)
                box:expect 'onError'
                box:expect 'onClose'
            end
            return seen
        end

        it('looks the same before and after a reload, as those who do', function()
            local path = os.tmpname()
            finally(function() os.remove(path) end)
            local function write(...)
                local users = {}
                for i, name in ipairs { ... } do
                    users[i] = ('"%s": {"authrole": "user", "secret": "s", "memory": 64, "iterations": 1}'):format(name)
                end
                local handle = assert(io.open(path, 'w'))
                handle:write(('{"wampSCRAM": {%s}}'):format(table.concat(users, ', ')))
                handle:close()
            end
            write('joe', 'ann')
            local instance = helper.router { credentialsFile = path }
            local before = challenged(instance:url())
            write('joe', 'ann', 'eve')
            assert(instance:reload())
            assert.same(before, challenged(instance:url()))
            for _, name in ipairs(NAMES) do
                assert.equal(#before.joe.salt, #before[name].salt)
                assert.equal(64, before[name].memory)
            end
        end)

        it('looks as the program says where callbacks know the users', function()
            local USERS = { joe = 'pepper01', ann = 'pepper02' }
            local options = { authType = 'dynamic', decoy = { salt = 'abcdef01', iterations = 2000, secret = 'none' } }
            function options.credentialsCallback(authid)
                local salt = USERS[authid]
                return salt and { authrole = 'user', secret = 's', salt = salt, iterations = 2000 }
            end
            local first = challenged(helper.router { wampCRA = options }:url(), 'wampcra')
            assert.same(first, challenged(helper.router { wampCRA = options }:url(), 'wampcra'))
            for _, name in ipairs(NAMES) do
                assert.equal(8, #first[name].salt)
                assert.same({ 2000, 32 }, { first[name].iterations, first[name].keylen })
            end
            assert.not_equal(first.nobody.salt, first.neither.salt)
        end)
    end)

    it('names callbacks that are none', function()
        for message, options in pairs {
            ["option 'ticket.authCallback': expected function, got number"] = {
                ticket = { authType = 'dynamic', authCallback = 5 } },
            ["option 'wampCRA.challengeCallback': expected function, got boolean"] = {
                wampCRA = { authType = 'dynamic', challengeCallback = true } },
            ["option 'wampCRA.challengeCallback': expected function, got nil"] = {
                wampCRA = { authType = 'dynamic', authCallback = print } },
            ["option 'realms[1].ticket.authCallback': expected function, got string"] = {
                realms = { { name = 'realm1', ticket = { authCallback = 'x' } } } },
            ["option 'eventLoop': expected a loop, got string"] = { eventLoop = 'x' },
        } do
            options.listen = 'ws://127.0.0.1:0/'
            options.realms = options.realms or { 'realm1' }
            local ok, problem = pcall(router.new, options)
            assert.is_false(ok)
            assert.matches(message, problem, 1, true)
        end
    end)

    it('leaves the configuration as it was', function()
        local fn = function() end
        local options = { listen = 'ws://127.0.0.1:0/', realms = { { name = 'realm1' } },
            ticket = { authType = 'dynamic', authCallback = fn } }
        router.new(options)
        assert.equal(fn, options.ticket.authCallback)
    end)
end)
