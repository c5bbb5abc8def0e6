--- What a client makes of each type of message that a router may send, and which of its callbacks hear of it.

local helper = require 'spec.helper'
local null = require 'loowy.null'
local played = require 'spec.support.played'

-- Requests that are answered: the method's arguments before and after the callbacks, how the request and its
-- acknowledgement look, and the callback that a method needs.
local REQUESTS = {
    { name = 'subscribe', type = 32, request = '[32,%d,{},"x.y"]', ack = '[33,%d,55]', needs = 'onEvent' },
    { name = 'unsubscribe', type = 34, request = '[34,%d,5]', ack = '[35,%d]', topic = 'known' },
    { name = 'publish', type = 16, request = '[16,%d,{"acknowledge":true},"x.y"]', ack = '[17,%d,55]', payload = true },
    { name = 'register', type = 64, request = '[64,%d,{},"x.y"]', ack = '[65,%d,55]', needs = 'rpc' },
    { name = 'unregister', type = 66, request = '[66,%d,7]', ack = '[67,%d]', topic = 'known' },
}

describe('a message of the router:', function()
    local p, client, box

    before_each(function() box = helper.mailbox() end)
    after_each(played.close)

    local function greeted(options)
        options = options or {}
        options.reconnectInterval = 0.01
        p = played.greeted(options, box)
        client = p.client
    end

    local function joined(options)
        greeted(options)
        p:say(played.WELCOME)
        box:expect 'onConnect'
    end

    -- All that was said has been heard.
    local function synced()
        p:settled()
        assert.equal('', box:names())
    end

    local function subscribed(topic, id)
        client:subscribe(topic, { onEvent = box:on(topic), onSuccess = box:on 'subscribed' })
        p:told('subscribed', ('[33,%s,%d]'):format(p:heard():match '^%[32,(%d+)', id))
    end

    local function registered(procedure, rpc, id)
        client:register(procedure, { rpc = rpc, onSuccess = box:on 'registered' })
        p:told('registered', ('[65,%s,%d]'):format(p:heard():match '^%[64,(%d+)', id))
    end

    it('§6.1.1 WELCOME opens the session: onConnect, then what waited is sent', function()
        greeted { onConnect = function()
            box:on 'onConnect' (client:getSessionId())
            client:publish 'later'
        end }
        client:publish 'early'
        assert.is_nil(client:getSessionId())
        p:say(played.WELCOME)
        assert.equal(100001, box:expect 'onConnect')
        if math.type then assert.equal('integer', math.type(client:getSessionId())) end
        p:expect '[16,1,{},"early"]'
        p:expect '[16,2,{},"later"]'
    end)

    it('§6.1.1 WELCOME after a lost connection: onReconnectSuccess, then the renewal, then what waited', function()
        joined()
        subscribed('a.b', 5)
        p.peer:close()
        box:expect 'onReconnect'
        client:publish 'early'
        p:accept()
        p:say '[2,100002,{"roles":{"broker":{}}}]'
        box:expect 'onReconnectSuccess'
        assert.equal(100002, client:getSessionId())
        p:expect '[32,1,{},"a.b"]'
        p:expect '[16,2,{},"early"]'
        client:call('x.y', nil, print)
        assert.equal(12, p:code())
    end)

    it('§6.1.1 WELCOME in a session disturbs nobody', function()
        joined()
        subscribed('a.b', 5)
        p:say('[2,99,{"roles":{}}]', '[36,5,1,{}]')
        box:expect 'a.b'
        assert.equal(100001, client:getSessionId())
        synced()
    end)

    for _, state in ipairs { 'before the session', 'in the session' } do
        it('§6.1.2 ABORT ' .. state .. ' is told, and the connection closed and opened again', function()
            local start = state == 'in the session' and joined or greeted
            start()
            p:say '[3,{"message":"m"},"wamp.error.x"]'
            assert.same({ error = 'wamp.error.x', details = { message = 'm' } }, box:expect 'onError')
            assert.equal(1000, p:heard_close())
            p:say_close(1000)
            box:expect 'onReconnect'
            p:accept()
            p:say(played.WELCOME)
            box:expect(start == joined and 'onReconnectSuccess' or 'onConnect')
            synced()
        end)
    end

    it('§6.1.4 GOODBYE is answered, and the connection closed for good', function()
        joined { onClose = function() box:on 'onClose' (client:getSessionId()) end }
        p:say '[6,{"message":"m"},"wamp.close.close_realm"]'
        client:poll(20)
        p:expect '[6,{},"wamp.close.goodbye_and_out"]'
        assert.is_nil(client:getSessionId())
        assert.equal(1000, p:heard_close())
        assert.equal('', box:names())
        p:say_close(1000)
        p.peer:close()
        assert.is_nil(box:expect 'onClose')
        box:ends()
    end)

    local function ask(request, ...)
        local callbacks = box:callbacks('onSuccess', 'onError', ...)
        if request.payload then return client.publish(client, 'x.y', nil, callbacks) end
        client[request.name](client, request.topic or 'x.y', callbacks)
    end

    local function joined_for(request)
        joined()
        if request.name == 'unsubscribe' then subscribed('known', 5) end
        if request.name == 'unregister' then registered('known', print, 7) end
    end

    -- Asks, and returns the number of the request, which is as it should be.
    local function asked(request)
        ask(request, request.needs)
        local number = client:getOpStatus().reqId
        p:expect(request.request:format(number))
        return number
    end

    for _, request in ipairs(REQUESTS) do
        it('§6.1.5 ERROR for ' .. request.name .. ' is told to its onError, once', function()
            joined_for(request)
            local number = asked(request)
            local message = '[8,%d,%d,{"d":1},"e.u",[1,"a"],{"k":[]}]'
            p:say(message:format(request.type, number + 1))
            p:say(message:format(48, number))
            assert.same({ error = 'e.u', details = { d = 1 }, argsList = { 1, 'a' }, argsDict = { k = {} } },
                p:told('onError', message:format(request.type, number)))
            p:say(message:format(request.type, number))
            synced()
            if request.name == 'unsubscribe' then subscribed('known', 5) end
            number = asked(request)
            assert.same({ error = 'e.u', details = {} },
                p:told('onError', ('[8,%d,%d,{},"e.u"]'):format(request.type, number)))
        end)

        it('§6.1.8 the acknowledgement of ' .. request.name .. ' calls onSuccess without arguments, once', function()
            joined_for(request)
            local number = asked(request)
            p:say(request.ack:format(number + 1))
            assert.equal(0, select('#', p:told('onSuccess', request.ack:format(number))))
            p:say(request.ack:format(number))
            synced()
        end)
    end

    it('§6.1.6 ERROR for a call is told to its onError, once', function()
        joined()
        client:call('x.y', nil, box:callbacks('onSuccess', 'onError'))
        p:expect '[48,1,{},"x.y"]'
        p:say '[8,48,2,{},"e.u"]'
        assert.same({ error = 'e.u', details = { d = 1 }, argsList = { 1 }, argsDict = { k = 1 } },
            p:told('onError', '[8,48,1,{"d":1},"e.u",[1],{"k":1}]'))
        p:say('[8,48,1,{},"e.u"]', '[50,1,{},[1]]')
        synced()
        client:cancel(1)
        assert.equal(20, p:code())
    end)

    it('§6.1.7 ERROR for anything else is ignored, a call under that number goes on', function()
        joined()
        client:call('x.y', nil, box:callbacks('onSuccess', 'onError'))
        p:expect '[48,1,{},"x.y"]'
        for _, request in ipairs { 49, 68, 69, 70, 36, 1, 999 } do p:say(('[8,%d,1,{},"e.u"]'):format(request)) end
        synced()
        assert.same({ 7 }, p:told('onSuccess', '[50,1,{},[7]]'))
    end)

    it('§6.1.9 EVENT goes to each callback in the order of subscribing, each with a table of its own', function()
        joined()
        local seen = {}
        local function note(name)
            return function(...)
                assert.equal(1, select('#', ...))
                seen[#seen + 1] = ...
                box:on(name)(...)
            end
        end
        client:subscribe('a.b', { onEvent = note 'first', onSuccess = box:on 'subscribed' })
        p:heard()
        p:told('subscribed', '[33,1,5]')
        client:subscribe('a.b', function(event)
            event.argsList[2], event.more = 'changed', true
            note 'second' (event)
        end)
        client:subscribe('a.b', note 'third')
        p:say('[36,6,1,{}]', '[36,5,1,{"d":1},["x"],{"k":1}]')
        for _, name in ipairs { 'first', 'second', 'third' } do box:expect(name) end
        assert.not_equal(seen[1], seen[2])
        for _, part in ipairs { 'details', 'argsList', 'argsDict' } do assert.equal(seen[1][part], seen[3][part]) end
        assert.same({ details = { d = 1 }, argsList = { 'x', 'changed' }, argsDict = { k = 1 } }, seen[3])
        synced()
    end)

    it('§6.1.9 EVENT without arguments has no keys for them; null is a value', function()
        joined()
        subscribed('a.b', 5)
        assert.same({ details = {} }, p:told('a.b', '[36,5,1,{}]'))
        assert.same({ details = {}, argsList = {} }, p:told('a.b', '[36,5,1,{},[]]'))
        assert.same({ details = {}, argsList = {}, argsDict = {} }, p:told('a.b', '[36,5,1,{},[],{}]'))
        assert.equal(null, p:told('a.b', '[36,5,1,{},null]').argsList)
        assert.equal(null, p:told('a.b', '[36,5,1,{},[],null]').argsDict)
    end)

    it('§6.1.9 Q29 EVENT goes to the callbacks that were there when it came', function()
        joined()
        local first
        first = function(event)
            box:on 'first' (event)
            client:unsubscribe('a.b', first)
            client:subscribe('a.b', box:on 'late')
        end
        client:subscribe('a.b', first)
        p:heard()
        p:say '[33,1,5]'
        client:poll(20)
        client:subscribe('a.b', box:on 'second')
        p:say('[36,5,1,{"d":1},["x"],{"k":1}]', '[36,5,2,{}]')
        assert.same({ details = { d = 1 }, argsList = { 'x' }, argsDict = { k = 1 } }, box:expect 'first')
        box:expect 'second'
        assert.same({ details = {} }, box:expect 'second')
        box:expect 'late'
        synced()
    end)

    it('§6.1.10 Q31 RESULT is told to its call, with or without details; an unknown one to nobody', function()
        joined()
        client:call('a.b', nil, box:callbacks('onSuccess', 'onError'))
        client:call('a.b', nil, box:callbacks('onSuccess', 'onError'))
        p:expect '[48,1,{},"a.b"]'
        p:expect '[48,2,{},"a.b"]'
        p:say '[50,99,{},[1]]'
        assert.same({ 7 }, p:told('onSuccess', '[50,1,{},[7]]'))
        assert.is_nil(p:told('onSuccess', '[50,2]'))
        p:say('[50,2]', '[50,1,{},[7]]')
        synced()
    end)

    it('§6.1.11 INVOCATION calls the procedure with one table, and is answered', function()
        joined()
        registered('a.b', function(...)
            box:on 'called' (select('#', ...), ...)
            return { argsList = { 'answer' } }
        end, 7)
        p:say '[68,30,7,{"d":1},[1],{"k":1}]'
        local count, data = box:expect 'called'
        assert.equal(1, count)
        assert.same({ details = { d = 1 }, argsList = { 1 }, argsDict = { k = 1 } }, data)
        p:expect '[70,30,{},["answer"]]'
        p:say '[68,31,7,{}]'
        assert.same({ details = {} }, select(2, box:expect 'called'))
        p:expect '[70,31,{},["answer"]]'
    end)

    it('§6.1.12 INTERRUPT disturbs nobody', function()
        joined()
        registered('a.b', function() return { options = { progress = true } } end, 7)
        p:say '[68,30,7,{}]'
        client:poll(20)
        p:expect '[70,30,{"progress":true}]'
        p:say('[69,30,{"mode":"kill"}]', '[69,30,{}]', '[69,99,{}]')
        synced()
    end)

    it('§6.1.13 what only clients say, and unknown types, are ignored', function()
        joined()
        subscribed('a.b', 5)
        client:call('a.b', nil, box:callbacks('onSuccess', 'onError'))
        local number = client:getOpStatus().reqId
        p:heard()
        p:say('[1,"realm1",{}]', '[5,"signature",{}]', ('[48,%d,{},"a.b"]'):format(number),
            ('[49,%d,{}]'):format(number), '[16,1,{},"a.b"]', '[32,1,{},"a.b"]', '[70,1,{}]', '[999]', '[0,1,2]')
        synced()
        assert.is_nil(p:told('onSuccess', ('[50,%d,{}]'):format(number)))
    end)

    it('§6.1.14 what is no message ends the session: told, answered with ABORT, and opened again', function()
        for _, text in ipairs { 'no text', '', '{}', '[]', '["x"]', '[36,5', '[36,"x",1,{}]', '[36,5,1,{},[1],{}]]'
        } do
            joined()
            p:say(text)
            assert.matches('^wamp.error.protocol_violation', box:expect('onError').error)
            assert.matches('^%[3,.*,"wamp.error.protocol_violation"%]$', p:heard())
            p:heard_close()
            p.peer:close()
            box:expect 'onReconnect'
            p:accept()
            p:say(played.WELCOME)
            box:expect 'onReconnectSuccess'
            synced()
            played.close()
            box = helper.mailbox()
        end
    end)
end)
