--- Who may do what on our router: permissions of roles, authorizers, and how far sessions are trusted.

local helper = require 'spec.helper'
local router = require 'loowy.router'

local NOT_AUTHORIZED, FAILED = 'wamp.error.not_authorized', 'wamp.error.authorization_failed'

-- The error of a publication, or nil.
local function publish(client, topic, options)
    local outcome, problem = helper.published(client, topic, 1, options)
    return outcome == 'onError' and problem.error or nil
end

describe('loowy.router, authorization', function()
    after_each(helper.close)

    it('permissions: a role may do what the most specific rule allows', function()
        local client = helper.joined(helper.router { roles = { anonymous = { permissions = {
            { uri = 'com.', match = 'prefix', allow = { 'publish', 'subscribe' } },
            { uri = 'com.secret', allow = {} },
        } } } }:url())
        assert.is_nil(publish(client, 'com.open'))
        assert.equal(NOT_AUTHORIZED, publish(client, 'com.secret'))
        assert.equal(NOT_AUTHORIZED, publish(client, 'org.other'))
        assert.equal(NOT_AUTHORIZED, select(2, helper.called(client, 'com.open')).error)
    end)

    it('authorizer.authCallback decides where no rule does, and knows who asks for what', function()
        local asked
        local client = helper.joined(helper.router { authorizer = {
            authCallback = function(session, action, uri, options, question)
                asked = { session.authrole, action, uri, options.acknowledge, question.realm, question.match }
                return uri == 'com.open'
            end,
        } }:url())
        assert.is_nil(publish(client, 'com.open'))
        assert.same({ 'anonymous', 'publish', 'com.open', true, 'realm1', 'exact' }, asked)
        assert.equal(NOT_AUTHORIZED, publish(client, 'com.other'))
        local _, answer = helper.called(client, 'com.procedure')
        assert.equal(NOT_AUTHORIZED, answer.error)
        assert.equal('call', asked[2])
    end)

    it('authorizer.authCallback may be a coroutine that waits; meanwhile others are served', function()
        local waiting, known
        local box = helper.mailbox()
        local instance = helper.router { authorizer = {
            authCallback = function(session)
                known = known or session.session
                if session.session ~= known then return true end
                waiting = coroutine.running()
                box:on 'asked' ()
                return coroutine.yield()
            end,
        } }
        local slow, quick = helper.joined(instance:url()), helper.joined(instance:url())
        slow:publish('com.one', 1, box:callbacks('onSuccess', 'onError'))
        box:expect 'asked'
        assert.is_nil(publish(quick, 'com.two'))
        assert.equal('', box:names())
        coroutine.resume(waiting, true)
        box:expect 'onSuccess'
    end)

    it('authorizer.authCallback that raises or returns nonsense fails the request, and is told', function()
        local told, returned = {}, nil
        local client = helper.joined(helper.router {
            log = function(level, message) told[#told + 1] = level .. ' ' .. message end,
            authorizer = { authCallback = function()
                if not returned then error 'thrown' end
                return returned
            end },
        }:url())
        assert.equal(FAILED, publish(client, 'com.one'))
        assert.matches('^error authorizer.authCallback: .*thrown', told[#told])
        returned = 'yes'
        assert.equal(FAILED, publish(client, 'com.one'))
        assert.matches('a boolean or a table with allow', told[#told], 1, true)
    end)

    it('authorizer.timeout ends a wait for ever', function()
        local client = helper.joined(helper.router { authorizer = {
            timeout = 0.05, authCallback = function() return coroutine.yield() end,
        } }:url())
        assert.equal(FAILED, publish(client, 'com.one'))
    end)

    it('authorizer.procedure is a callee that decides', function()
        local instance = helper.router {
            ticket = { staticCredentials = { judge = { authrole = 'judge', secret = 's' } } }, anonymous = true,
            roles = {
                judge = { permissions = { { uri = 'judge.decide', allow = { 'register' } } } },
                anonymous = { ask = true },
            },
            authorizer = { procedure = 'judge.decide' },
        }
        local judge = helper.joined(instance:url(), require 'loowy.auth'.ticket('judge', 's'))
        local client = helper.joined(instance:url())
        assert.equal(FAILED, publish(client, 'com.open'))
        helper.registered(judge, 'judge.decide', function(invocation)
            return { argsList = { invocation.argsList[3] == 'com.open' } }
        end)
        assert.is_nil(publish(client, 'com.open'))
        assert.equal(NOT_AUTHORIZED, publish(client, 'com.other'))
    end)

    it('trustLevels.staticCredentials.byClientIp goes by the address that a client has, if it has one', function()
        local instance = helper.router {
            listen = { 'ws://127.0.0.1:0/ws', 'local:trusted' },
            trustLevels = {
                defaultTrustLevel = 1,
                staticCredentials = { byClientIp = { { clientip = '127.0.0.1', trustlevel = 4 } } },
            },
        }
        for i, trustlevel in ipairs { 4, 1 } do
            local client, box = helper.joined(instance:urls()[i]), helper.mailbox()
            helper.subscribed(client, 'com.one', box:on 'event')
            client:publish('com.one', 1, nil, { exclude_me = false })
            assert.equal(trustlevel, box:expect('event').details.trustlevel)
        end
    end)

    it('trustLevels.authCallback says how far a client is trusted', function()
        local asked
        local instance = helper.router { trustLevels = {
            authType = 'dynamic', defaultTrustLevel = 1,
            authCallback = function(ip, realm, authid, authrole)
                asked = { ip, realm, type(authid), authrole }
                return 7
            end,
        } }
        local client, box = helper.joined(instance:url()), helper.mailbox()
        assert.same({ '127.0.0.1', 'realm1', 'string', 'anonymous' }, asked)
        helper.subscribed(client, 'com.one', box:on 'event')
        client:publish('com.one', 1, nil, { exclude_me = false })
        assert.equal(7, box:expect('event').details.trustlevel)
    end)

    it('names what is missing, or too much', function()
        for expected, options in pairs {
            ["option 'authorizer.procedure': expected string, got nil"] = { authorizer = {} },
            ["option 'authorizer.authCallback': there is a procedure already"] =
                { authorizer = { procedure = 'a.b', authCallback = function() end } },
            ["option 'authorizer.authCallback': expected function, got number"] = { authorizer = { authCallback = 5 } },
            ["option 'trustLevels.authCallback': expected function, got nil"] =
                { trustLevels = { authType = 'dynamic' } },
        } do
            options.realms = { 'realm1' }
            local ok, message = pcall(router.new, options)
            assert.is_false(ok)
            assert.matches(expected, message, 1, true)
        end
    end)
end)
