--- What a client makes of the very frames that a router sends, and in which order its callbacks hear of it.

local helper = require 'spec.helper'
local played = require 'spec.support.played'

local NO_AUTH = 'No onChallenge callback or authid was provided for authentication!'

describe('a client and a router that is played', function()
    local box, client, router

    before_each(function() box = helper.mailbox() end)

    after_each(played.close)

    local function open(options)
        options = options or {}
        options.reconnectInterval = options.reconnectInterval or 0.01
        router = played.greeted(options, box)
        client = router.client
    end

    local function joined(options)
        open(options)
        router:say(played.WELCOME)
        box:expect 'onConnect'
    end

    local function rejoins()
        box:expect 'onReconnect'
        router:accept()
        router:say(played.WELCOME)
        box:expect 'onReconnectSuccess'
    end

    local function subscribed(topic, id)
        client:subscribe(topic, { onEvent = box:on(topic), onSuccess = box:on 'subscribed' })
        router:say(('[33,%s,%d]'):format(router:heard():match '^%[32,(%d+)', id))
        box:expect 'subscribed'
    end

    describe('§7.2', function()
        it('L01 Q33 echoes a close frame, and finds the router again', function()
            joined()
            for _, code in ipairs { 1000, 1011 } do
                router:say_close(code)
                helper.run_until(function() return not client:getSessionId() or box[1] end, 'the loss')
                assert.equal(code, router:heard_close())
                rejoins()
            end
        end)

        it('L03 Q07 hears the end once when the peer drops the connection after our close frame', function()
            joined()
            router:say '[6,{},"wamp.close.normal"]'
            assert.equal('[6,{},"wamp.close.goodbye_and_out"]', (function()
                client:poll(5)
                return router:heard()
            end)())
            assert.equal(1000, router:heard_close())
            router.peer:close()
            box:expect 'onClose'
            box:ends()
        end)

        it('L04 Q43 a reset is no error, only a lost connection', function()
            joined()
            router.peer.socket:setoption('linger', { on = true, timeout = 0 })
            router.peer:close()
            rejoins()
        end)

        it('Q14 a second GOODBYE is ignored', function()
            joined()
            client:disconnect()
            assert.equal('[6,{},"wamp.close.system_shutdown"]', router:heard())
            router:say('[6,{},"wamp.close.goodbye_and_out"]', '[6,{},"wamp.close.goodbye_and_out"]')
            client:poll(5)
            assert.equal(1000, router:heard_close())
            router:say_close(1000)
            router.peer:close()
            box:expect 'onClose'
            box:ends()
        end)
    end)

    describe('§7.3', function()
        local function challenged(options)
            options.maxRetries = options.maxRetries or 0
            open(options)
            if options.late then options.late(client) end
            router:say '[4,"ticket",{"a":1}]'
        end

        it('§6.1.3 L10 the callback that is there when the challenge comes answers it', function()
            challenged { authid = 'joe', late = function(c)
                c:options().onChallenge = function(method, extra)
                    box:on 'challenge' (method, extra)
                    return 'signature', 'ignored'
                end
            end }
            local method, extra = box:expect 'challenge'
            assert.equal('ticket', method)
            assert.same({ a = 1 }, extra)
            assert.equal('[5,"signature",{}]', router:heard())
        end)

        it('L13 without authid or callback the login is aborted and told', function()
            for _, options in ipairs {
                { authid = 'joe' }, { onChallenge = box:on 'challenge' }, { authid = 'joe', onChallenge = 'text' },
                { authid = 'joe', onChallenge = box:on 'challenge', late = function(c)
                    c:options().onChallenge = nil
                end },
            } do
                challenged(options)
                assert.same({ error = NO_AUTH }, box:expect 'onError')
                assert.equal(23, client:getOpStatus().code)
                assert.equal(('[3,{"message":"%s"},"wamp.error.cannot_authenticate"]'):format(NO_AUTH), router:heard())
                assert.equal(1000, router:heard_close())
                router.peer:close()
                box:expect 'onClose'
                assert.equal(0, client:getOpStatus().code)
            end
        end)

        it('L12 L14 a callback that raises is told each time the login is tried', function()
            challenged { authid = 'joe', onChallenge = function() error 'x' end, maxRetries = 1 }
            for attempt = 1, 2 do
                assert.same({ error = 'Exception raised during CRA challenge processing' }, box:expect 'onError')
                assert.equal(24, client:getOpStatus().code)
                assert.equal('[3,{"message":"Exception in onChallenge handler raised!"},'
                    .. '"wamp.error.cannot_authenticate"]', router:heard())
                assert.equal(1000, router:heard_close())
                router.peer:close()
                if attempt == 1 then
                    box:expect 'onReconnect'
                    router:accept()
                    router:say '[4,"ticket",{}]'
                end
            end
            box:expect 'onClose'
            box:ends()
        end)
    end)

    describe('§7.5', function()
        it('a topic left and subscribed anew before its renewal is confirmed is subscribed', function()
            joined { onReconnectSuccess = function()
                client:unsubscribe('a.b')
                client:subscribe('a.b', { onEvent = box:on 'new', onSuccess = box:on 'subscribed' })
                box:on 'onReconnectSuccess' ()
            end }
            subscribed('a.b', 5)
            router.peer:close()
            box:expect 'onReconnect'
            router:accept()
            router:say(played.WELCOME)
            box:expect 'onReconnectSuccess'
            assert.equal('[32,1,{},"a.b"]', router:heard())
            assert.equal('[32,2,{},"a.b"]', router:heard())
            router:say('[33,1,7]', '[33,2,7]', '[36,7,1,{}]')
            box:expect 'subscribed'
            box:expect 'new'
            client:publish('next.message')
            assert.equal('[16,3,{},"next.message"]', router:heard())
        end)
    end)

    it('Q44 a text that looks like binary data comes back as it was', function()
        joined()
        for _, text in ipairs { '\0', '\0abcd', '\0no Base64', 'abcd', '\255' } do
            client:call('echo', { text }, box:callbacks('onSuccess', 'onError'))
            local request, rest = router:heard():match '^%[48,(%d+),{},"echo",(.*)%]$'
            router:say(('[50,%s,{},%s]'):format(request, rest))
            assert.same({ text }, box:expect 'onSuccess')
        end
    end)

    describe('§7.4', function()
        it('L24 Q34 ABORT each time: told each time, then onClose', function()
            open { maxRetries = 2 }
            for attempt = 1, 3 do
                -- The last one is not waited for.
                if attempt == 3 then client:options { reconnectInterval = 600 } end
                router:say '[3,{},"wamp.error.no_such_realm"]'
                assert.equal('wamp.error.no_such_realm', box:expect('onError').error)
                router.peer:close()
                if attempt < 3 then
                    box:expect 'onReconnect'
                    router:accept()
                end
            end
            box:expect 'onClose'
            box:ends()
        end)

        it('L25 Q18 a first session that took retries calls onConnect', function()
            open()
            for _ = 1, 2 do
                router.peer:close()
                box:expect 'onReconnect'
                router:accept()
            end
            router:say(played.WELCOME)
            box:expect 'onConnect'
            assert.equal('', box:names())
        end)
    end)
end)
