local helper = require 'spec.helper'
local router = require 'loowy.router'

describe('loowy.router', function()
    after_each(helper.close)

    it('listens on a free port where 0 is asked for', function()
        local url = helper.router():url()
        assert.matches('^ws://127%.0%.0%.1:%d+/ws$', url)
        assert.not_matches(':0/', url)
        assert.equal('onSuccess', (helper.published(helper.joined(url), 'a.b', 1)))
    end)

    it('names a busy port', function()
        local url = helper.router():url()
        local second = router.new { listen = url, realms = { 'realm1' } }
        local ok, message = second:start()
        assert.is_nil(ok)
        assert.matches(url:match '127.0.0.1:%d+', message, 1, true)
    end)

    it('names an unknown option, at the line of the caller', function()
        local ok, message = pcall(function() router.new { lissen = 'ws://127.0.0.1:0/', realms = { 'realm1' } } end)
        assert.is_false(ok)
        assert.matches('router_spec.lua:%d+: ', message)
        assert.matches('lissen', message, 1, true)
    end)

    it('guesses which option was meant', function()
        local ok, message = pcall(router.new, { lissen = 'ws://127.0.0.1:0/', realms = { 'realm1' } })
        assert.is_false(ok)
        assert.matches('did you mean `listen`?', message, 1, true)
    end)

    it('names a value without an option', function()
        local ok, message = pcall(router.new, { 'ws://127.0.0.1:0/', realms = { 'realm1' } })
        assert.is_false(ok)
        assert.matches('ws://127.0.0.1:0/', message, 1, true)
    end)

    it('names an option of the wrong type by its path', function()
        local ok, message = pcall(router.new, { realms = { 'realm1' },
            wampCRA = { staticCredentials = { user1 = { authrole = 'user', secret = 5 } } } })
        assert.is_false(ok)
        assert.matches("option 'wampCRA.staticCredentials.user1.secret': expected string, got number", message, 1, true)
    end)

    it('names an option that is missing by its path', function()
        local ok, message = pcall(router.new, { realms = { 'realm1' },
            wampCRA = { staticCredentials = { user1 = { authrole = 'user' } } } })
        assert.is_false(ok)
        assert.matches("option 'wampCRA.staticCredentials.user1.secret': expected string, got nil", message, 1, true)
    end)

    it('names an option out of its range as the program wrote it', function()
        local ok, message = pcall(router.new,
            { listen = 'ws://127.0.0.1:0/', realms = { 'realm1' }, maxMessageSize = 0 })
        assert.is_false(ok)
        assert.matches("option 'maxMessageSize': must be at least 1", message, 1, true)
    end)

    it('counts the elements of a list from 1', function()
        local ok, message = pcall(router.new, { listen = 'ws://127.0.0.1:0/', realms = { 'realm1', 5 } })
        assert.is_false(ok)
        assert.matches('realms[2]', message, 1, true)
    end)

    it('speaks of tables and numbers where it expected some', function()
        for expected, options in pairs {
            ["'loose' or 'strict'"] = { uriValidation = 5 },
            ['a table with staticCredentials'] = { wampCRA = 'x' },
            ['a number from 1'] = { wampCRA = { staticCredentials = {
                joe = { authrole = 'user', secret = '1', salt = '2', iterations = -1 } } } },
        } do
            options.listen, options.realms = 'ws://127.0.0.1:0/', { 'realm1' }
            local ok, message = pcall(router.new, options)
            assert.is_false(ok)
            assert.matches(expected, message, 1, true)
        end
    end)

    it('takes no salting that makes an empty key, or one that clients refuse', function()
        for _, option in ipairs { 'keylen', 'iterations' } do
            local joe = { authrole = 'user', secret = '1', salt = '2', [option] = 0 }
            local ok, message = pcall(router.new, { listen = 'ws://127.0.0.1:0/', realms = { 'realm1' },
                wampCRA = { staticCredentials = { joe = joe } } })
            assert.is_false(ok)
            assert.matches('wampCRA.staticCredentials.joe.' .. option, message, 1, true)
        end
    end)

    it('names a bad URL before it is started', function()
        for _, url in ipairs { 'http://127.0.0.1:0/', 'nowhere', 'ws://127.0.0.1:99999/' } do
            local ok, message = pcall(router.new, { listen = url, realms = { 'realm1' } })
            assert.is_false(ok)
            assert.matches(url, message, 1, true)
        end
    end)

    it('names a time limit of 0', function()
        local ok, message = pcall(router.new, { listen = 'ws://127.0.0.1:0/', realms = { 'realm1' },
            challengeTimeout = 0 })
        assert.is_false(ok)
        assert.matches('challengeTimeout', message, 1, true)
    end)

    it('names a bad realm', function()
        local ok, message = pcall(router.new, { listen = 'ws://127.0.0.1:0/', realms = { 'not a realm' } })
        assert.is_false(ok)
        assert.matches('not a realm', message, 1, true)
    end)

    it('counts what it holds and routes', function()
        local instance = helper.router { realms = { 'one', 'two' } }
        local client = helper.joined(instance:url(), { realm = 'one' })
        local before = instance:stats()
        assert.equal(1, before.connections)
        assert.equal(1, before.sessions)
        local nothing = { sessions = 0, subscriptions = 0, registrations = 0, openCalls = 0, retainedEvents = 0,
            retainedBytes = 0, historyEvents = 0, historyBytes = 0 }
        assert.same(nothing, before.realms.two)
        helper.subscribed(client, 'a.topic', function() end)
        helper.registered(client, 'a.procedure', function() return {} end)
        helper.published(client, 'a.topic', { 1 }, { exclude_me = false })
        local after = instance:stats()
        assert.equal(1, after.realms.one.sessions)
        assert.equal(1, after.realms.one.subscriptions)
        assert.equal(1, after.realms.one.registrations)
        assert.equal(0, after.realms.one.openCalls)
        assert.same(after.realms.one, instance:realm('one'):stats())
        assert.is_nil(instance:realm('three'):stats())
        assert.equal(3, after.receivedMessages - before.receivedMessages)
        assert.equal(4, after.sentMessages - before.sentMessages)
        assert.equal(0, after.droppedEvents + after.refusedInvocations + after.droppedSessions)
        instance:stop()
        assert.is_nil(instance:stats())
        assert.is_nil(instance:sessions())
    end)

    it('tells who is there', function()
        local instance = helper.router { realms = { 'one', 'two' } }
        local one = helper.joined(instance:url(), { realm = 'one' })
        local two = helper.joined(instance:url(), { realm = 'two' })
        local list = instance:sessions 'two'
        assert.equal(1, #list)
        assert.equal(two:getSessionId(), list[1].session)
        assert.equal('two', list[1].realm)
        assert.equal('anonymous', list[1].authrole)
        assert.equal('anonymous', list[1].authmethod)
        assert.same({ type = 'websocket', protocol = 'wamp.2.json', secure = false, peer = '127.0.0.1' },
            list[1].transport)
        assert.is_string(list[1].authid)
        assert.is_true(math.abs(os.time() - list[1].joined) < 3600)
        assert.same(list, instance:realm('two'):sessions())
        local ids = {}
        for _, session in ipairs(instance:sessions()) do ids[session.session] = session.realm end
        assert.same({ [one:getSessionId()] = 'one', [two:getSessionId()] = 'two' }, ids)
        assert.is_nil(instance:sessions 'three')
    end)

    it('tells a session which events it has lost', function()
        local log = helper.mailbox()
        local instance = helper.router { maxQueuedMessages = 1, log = log:on 'log' }
        local client, publisher, box = helper.joined(instance:url()), helper.joined(instance:url()), helper.mailbox()
        for _, prefix in ipairs { 'a', 'a.b', 'a.b.c' } do
            helper.subscribed(client, prefix, box:on 'event', { match = 'prefix' })
        end
        helper.subscribed(client, 'a.b.c', box:on 'event')
        -- Four events at once: the queue takes one, the newest waits, and what it has replaced is lost.
        helper.published(publisher, 'a.b.c', { 'hello' })
        assert.is_nil(box:expect('event').details._dropped)
        local event = box:expect 'event'
        assert.equal(2, event.details._dropped)
        assert.same({ 'hello' }, event.argsList)
        assert.equal(2, instance:stats().droppedEvents)
        for _, session in ipairs(instance:sessions()) do
            assert.equal(session.session == client:getSessionId() and 2 or 0, session.droppedEvents)
        end
        helper.subscribed(client, 'd', box:on 'event')
        helper.published(publisher, 'd', { 'again' })
        assert.is_nil(box:expect('event').details._dropped)
        for _, words in ipairs { 'loses events', 'has caught up; it has lost 2 events' } do
            local level, message = log:expect 'log'
            assert.equal('warning', level)
            assert.matches(words, message, 1, true)
            assert.matches(('session %d of '):format(client:getSessionId()), message, 1, true)
        end
    end)

    it('tells log what happens while it runs, which does not keep the loop running', function()
        local box = helper.mailbox()
        local instance = helper.router { debug = true, log = box:on 'log' }
        box:ends()
        local client = helper.joined(instance:url())
        local id, level, message = client:getSessionId(), box:expect 'log'
        assert.equal('debug', level)
        assert.matches(('session %d has joined the realm "realm1"'):format(id), message, 1, true)
        client:disconnect()
        level, message = box:expect 'log'
        assert.equal('debug', level)
        assert.matches(('session %d has left the realm'):format(id), message, 1, true)
    end)

    it('tells the rest when it is stopped: the log, and who leaves by that', function()
        local box, told = helper.mailbox(), {}
        local instance
        instance = helper.router {
            debug = true, closeTimeout = 0.1, log = function(_, message) told[#told + 1] = message end,
            onLeave = function(session)
                box:on 'onLeave' (session.session)
                -- It may be started again at once.
                if #box == 2 then assert(instance:start()) end
            end,
        }
        local left = {}
        for _ = 1, 2 do left[helper.joined(instance:url(), { autoReconnect = false }):getSessionId()] = true end
        instance:stop()
        assert.equal('onLeave onLeave', box:names())
        for _, post in ipairs(box) do
            assert.is_true(left[post[1]])
            left[post[1]] = nil
        end
        assert.equal(4, #told)
        helper.joined(instance:url())
    end)

    it('tells who joins and who leaves', function()
        local box = helper.mailbox()
        local instance = helper.router { onJoin = box:on 'onJoin', onLeave = box:on 'onLeave' }
        local client = helper.joined(instance:url(), { autoReconnect = false })
        local id = client:getSessionId()
        local session = box:expect 'onJoin'
        assert.equal(id, session.session)
        assert.equal('realm1', session.realm)
        assert.equal('anonymous', session.authrole)
        assert.equal('websocket', session.transport.type)
        client:disconnect()
        assert.same(session, box:expect 'onLeave')
        for _, name in ipairs { 'onJoin', 'onLeave' } do
            local ok, message = pcall(function() router.new { realms = { 'realm1' }, [name] = 5 } end)
            assert.is_false(ok)
            assert.matches(("router_spec.lua:%%d+: option '%s': expected function, got number"):format(name), message)
        end
    end)

    it('tells the log which of them raises an error', function()
        local box = helper.mailbox()
        local note = box:on 'log'
        local own = helper.router {
            onJoin = function() error('boom', 0) end,
            onLeave = function() error('bang', 0) end,
            log = function(level, message) note(level .. ' ' .. message) end,
        }
        local client = helper.joined(own:url(), { autoReconnect = false })
        assert.equal('error onJoin: boom', box:expect 'log')
        client:disconnect()
        assert.equal('error onLeave: bang', box:expect 'log')
    end)

    it('takes no more connections than it is told to', function()
        local log, box = helper.mailbox(), helper.mailbox()
        local urls = { 'ws://127.0.0.1:0/ws', 'tcp://127.0.0.1:0' }
        local instance = helper.router { listen = urls, maxConnections = 1, log = log:on 'log' }
        helper.joined(instance:url())
        for i, reason in ipairs { 'accept failed', 'maximum connection count reached' } do
            helper.client({ autoReconnect = false, onError = box:on 'onError' }):connect(instance:urls()[i])
            assert.matches(reason, box:expect('onError').error, 1, true)
        end
        assert.matches('^1 connections are open', select(2, log:expect 'log'))
        assert.equal(2, instance:stats().refusedConnections)
        assert.equal(1, instance:stats().connections)
    end)

    it('ends the session that the program names', function()
        local instance, box = helper.router {}, helper.mailbox()
        local stays = helper.joined(instance:url())
        local goes = helper.joined(instance:url(), { autoReconnect = false, onClose = box:on 'onClose' })
        local realm = instance:realm 'realm1'
        assert.equal('realm1', realm.name)
        assert.is_true(realm:kill(goes:getSessionId(), 'com.app.enough', 'go home'))
        box:expect 'onClose'
        assert.equal('onSuccess', (helper.published(stays, 'a.topic', { 1 })))
        assert.is_false(realm:kill(4711))
        assert.is_false(instance:realm('other'):kill(stays:getSessionId()))
        local ok, message = pcall(function() realm:kill(stays:getSessionId(), 'no uri') end)
        assert.is_false(ok)
        assert.matches('router_spec.lua:%d+: the reason must be a URI', message)
    end)

    it('takes a configuration of Wiola, and says what has no meaning here', function()
        local told = {}
        local instance = router.new {
            listen = 'ws://127.0.0.1:0/ws', realms = { '*' }, socketTimeout = 100, maxPayloadLen = 65536,
            pingInterval = 1000, store = 'redis', storeConfig = { host = 'unix:///tmp/redis.sock' }, debug = false,
            callerIdentification = 'auto', metaAPI = { session = true, subscription = false, registration = false },
            log = function(level, message) told[#told + 1] = level .. ' ' .. message:match "'(.-)'" end,
        }
        assert.same({ 'warning socketTimeout', 'warning store', 'warning storeConfig', 'warning pingInterval' }, told)
        assert(instance:start())
        finally(function() instance:stop() end)
        helper.joined(instance:url(), { realm = 'any.realm' })
    end)

    it('takes nothing but a function as log', function()
        for _, log in ipairs { 'stderr', 5, {} } do
            local ok, message = pcall(function() router.new { realms = { 'realm1' }, log = log } end)
            assert.is_false(ok)
            assert.matches("router_spec.lua:%d+: option 'log': expected function, got " .. type(log), message)
        end
    end)

    it('frees its port on stop and can be started again', function()
        local instance = helper.router()
        local url = instance:url()
        instance:stop()
        assert.is_nil(instance:url())
        local again = helper.router { listen = url }
        assert.equal(url, again:url())
    end)

    it('keeps realms apart', function()
        local url = helper.router { realms = { 'one', 'two' } }:url()
        local box = helper.mailbox()
        local one, two = helper.joined(url, { realm = 'one' }), helper.joined(url, { realm = 'two' })
        helper.subscribed(one, 'a.b', box:on 'event')
        helper.published(two, 'a.b', { 'foreign' })
        helper.published(one, 'a.b', { 'own' }, { exclude_me = false })
        assert.same({ 'own' }, box:expect('event').argsList)
    end)
end)
