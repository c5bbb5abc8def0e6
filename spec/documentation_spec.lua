--- Where the documentation of Loowy 0.4.1 says one thing and its code did another: programs were written by both.

local ev = require 'ev'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'
local msgpack = require 'loowy.msgpack_serializer'
local played = require 'spec.support.played'
local values = require 'spec.support.values'

local loop = ev.Loop.default

local function packed(...)
    return { n = select('#', ...), ... }
end

describe('documentation and code', function()
    local p, client, box

    after_each(played.close)

    local function join(...)
        p = played.joined(...)
        client, box = p.client, p.box
    end

    local function registered(procedure, rpc, id)
        client:register(procedure, { rpc = rpc, onSuccess = box:on 'registered' })
        p:say(('[65,%s,%d]'):format(p:heard():match '^%[64,(%d+)', id))
        box:expect 'registered'
    end

    it('§A.1 onSuccess of a call gets two values, and the first has what the README names', function()
        join()
        client:call('p', nil, box:on 'onSuccess')
        p:heard()
        local got = packed(p:told('onSuccess', '[50,1,{"d":1},[7,8],{"k":2}]'))
        assert.same({ n = 2, { 7, 8 }, { k = 2 } }, got)
        assert.same({ 7, 8 }, got[1].argsList)
        assert.same({ k = 2 }, got[1].argsDict)
        assert.same({ d = 1 }, got[1].details)
        assert.equal(2, #got[1])
        client:call('p', nil, box:on 'onSuccess')
        p:heard()
        assert.same({ n = 2 }, packed(p:told('onSuccess', '[50,2,{}]')))
    end)

    it('§A.2 an rpc raises its error by `error` or `uri`; `error` goes first', function()
        join()
        local raised
        registered('p', function() error(raised) end, 5)
        for i, case in ipairs {
            { { error = 'by.error' }, 'by.error' }, { { uri = 'by.uri' }, 'by.uri' },
            { { error = 'by.error', uri = 'by.uri' }, 'by.error' },
            { { details = {} }, 'wamp.error.invocation_exception' },
        } do
            raised = case[1]
            p:say(('[68,%d,5,{}]'):format(i))
            client:poll(20)
            p:expect(('[8,68,%d,{},"%s"]'):format(i, case[2]))
        end
    end)

    it('§A.3 the timeout of a call goes out as it is, and counts here in milliseconds', function()
        join()
        client:call('p', nil, box:callbacks('onSuccess', 'onError'), { timeout = 30 })
        p:expect '[48,1,{"timeout":30},"p"]'
        assert.equal('wamp.error.timeout', box:expect('onError').error)
    end)

    it('§A.4 the callbacks of call, cancel and unregister may be left out; cancel takes a function', function()
        join()
        client:call('p', nil, print)
        p:heard()
        client:cancel(1)
        p:expect '[49,1,{}]'
        client:cancel(1, box:on 'canceled')
        p:expect '[49,1,{}]'
        assert.equal('canceled', box:names())
        box:expect 'canceled'
        client:cancel(99)
        assert.equal(20, p:code())
        client:call 'p'
        assert.equal(3, p:code())
        registered('q', print, 5)
        client:unregister 'q'
        assert.equal('[66,3,5]', p:heard())
        p:say '[67,3]'
        client:unregister 'unknown'
        assert.equal(17, p:code())
        client:subscribe('t', { onEvent = box:on 'onEvent', onSuccess = box:on 'onSuccess' })
        p:heard()
        p:told('onSuccess', '[33,4,6]')
        p:silent()
    end)

    it('§A.5 unsubscribe without callbacks removes all of them; of an unknown topic it sets the status', function()
        join()
        for i = 1, 2 do client:subscribe('t', { onEvent = box:on('event' .. i), onSuccess = box:on 'onSuccess' }) end
        p:heard()
        p:heard()
        p:told('onSuccess', '[33,1,5]')
        p:told('onSuccess', '[33,2,5]')
        client:unsubscribe 't'
        p:expect '[34,3,5]'
        p:say '[36,5,1,{}]'
        p:say '[35,3]'
        client:publish('x', nil, box:callbacks 'onSuccess')
        p:heard()
        p:told('onSuccess', '[17,4,1]')
        client:unsubscribe 't'
        assert.equal(7, p:code())
    end)

    it('§A.6 §A.20 when the retries are used up there is onClose, on every Lua; disconnect() is not called', function()
        for _, own in ipairs { false, true } do
            local on = own and ev.Loop.new() or loop
            local listener, told = played.listen(), {}
            local options = { maxRetries = 2, reconnectInterval = 0.01, eventLoop = own and on or nil }
            for _, name in ipairs { 'onConnect', 'onReconnect', 'onError', 'onClose' } do
                options[name] = function()
                    told[#told + 1] = name
                    if name == 'onConnect' then on:unloop() end
                end
            end
            local lost = helper.client(options)
            lost.disconnect = function() told[#told + 1] = 'disconnect' end
            lost:connect(listener.url)
            local peer = listener:accept 'wamp.2.json'
            peer:receive()
            peer:send(played.WELCOME)
            on:loop()
            listener:close()
            peer:close()
            on:loop()
            assert.same({ 'onConnect', 'onReconnect', 'onError', 'onReconnect', 'onError', 'onClose' }, told)
        end
    end)

    it('§A.7 a first connect that fails is not tried again; a lost session comes back with its options', function()
        local failing = helper.mailbox()
        local options = failing:callbacks('onError', 'onReconnect', 'onClose')
        options.reconnectInterval = 0.01
        helper.client(options):connect 'ws://127.0.0.1:1/'
        failing:expect 'onError'
        failing:ends()

        join { reconnectInterval = 0.01 }
        client:subscribe('t', { onEvent = print, onSuccess = box:on 'onSuccess' }, { match = 'prefix' })
        p:heard()
        p:told('onSuccess', '[33,1,5]')
        client:register('r', { rpc = print, onSuccess = box:on 'onSuccess' }, { match = 'wildcard', invoke = 'last' })
        p:heard()
        p:told('onSuccess', '[65,2,6]')
        p.peer:close()
        box:expect 'onReconnect'
        p:accept()
        p:say(played.WELCOME)
        p:expect '[32,1,{"match":"prefix"},"t"]'
        local register = p:heard()
        assert.matches('^%[64,2,{.*},"r"%]$', register)
        assert.truthy(register:find('"match":"wildcard"', 1, true) and register:find('"invoke":"last"', 1, true))
    end)

    it('§A.8 abort works in any state, and says so while the session is being opened', function()
        local never = loowy.new(nil, { realm = 'realm1' })
        never:abort()
        assert.equal(0, never:getOpStatus().code)
        p = played.greeted()
        p.client:abort()
        p:expect '[3,{},"wamp.error.abort"]'
        played.close()
        join { autoReconnect = false }
        client:abort()
        assert.equal(1000, p:heard_close())
        p.peer:close()
        box:expect 'onClose'
        client:abort()
        assert.equal(0, p:code())
    end)

    it('§A.9 onClose is not told while the client reconnects', function()
        join { reconnectInterval = 0.01 }
        for _ = 1, 2 do
            p.peer:close()
            box:expect 'onReconnect'
            p:accept()
            p:told('onReconnectSuccess', played.WELCOME)
        end
        assert.equal('', box:names())
    end)

    it('§A.10 onConnect tells of the session, not of the connection', function()
        p = played.greeted { authid = 'joe', onChallenge = function() return 'signature' end }
        p:say '[4,"ticket",{}]'
        p.client:poll(20)
        p:expect '[5,"signature",{}]'
        assert.equal('', p.box:names())
        p:told('onConnect', played.WELCOME)
        assert.equal(100001, p.client:getSessionId())
    end)

    it('§A.11 errors from here have `error` alone, those of the router all that it sent', function()
        join()
        client:subscribe('t.', box:callbacks 'onError')
        assert.same({ error = "Topic URI doesn't meet requirements!" }, box:expect 'onError')
        local callbacks = box:callbacks('onError')
        callbacks.onEvent = print
        client:subscribe('t', callbacks)
        p:heard()
        assert.same({ error = 'e.u', details = { d = 1 }, argsList = { 2 }, argsDict = { k = 3 } },
            p:told('onError', '[8,32,1,{"d":1},"e.u",[2],{"k":3}]'))
    end)

    it('§A.12 subscribe ignores a match that is none, register refuses it', function()
        join()
        client:subscribe('t', print, { match = 'fuzzy' })
        p:expect '[32,1,{},"t"]'
        client:register('t', box:callbacks('rpc', 'onError'), { match = 'fuzzy' })
        assert.equal('onError', box:names())
        assert.equal(4, p:code())
    end)

    it('§A.13 an rpc that returns options.progress gives this one answer', function()
        join()
        registered('p', function() return { options = { progress = true }, argsList = { 1 } } end, 5)
        p:say '[68,9,5,{"receive_progress":true}]'
        client:poll(20)
        p:expect '[70,9,{"progress":true},[1]]'
        p:silent()
    end)

    it('§A.14 there are the options eventLoop and transportType, which the README did not name', function()
        local own = ev.Loop.new()
        assert.equal(own, loowy.new(nil, { eventLoop = own }):options().eventLoop)
        join()
        assert.equal(1, client:options().transportType)
    end)

    it('§A.15 MessagePack: dictionaries are maps, and the offer stays after a close', function()
        local listener = played.listen()
        box = helper.mailbox()
        local options = box:callbacks('onConnect', 'onClose')
        options.transportEncoding, options.autoReconnect = 'msgpack', false
        client = helper.client(options)
        for _ = 1, 2 do
            client:connect(listener.url)
            local request = listener:request()
            assert.equal('wamp.2.msgpack, wamp.2.json', request.headers['sec-websocket-protocol'])
            local peer = request.peer
            peer:agree(request, 'wamp.2.msgpack')
            peer:receive()
            peer:send(msgpack.encode { 2, 5, { roles = { broker = {}, dealer = {} } } })
            box:expect 'onConnect'
            client:subscribe('t', print)
            assert.equal('94200180a174', values.hex(peer:receive()))
            client:publish('t', {})
            assert.equal('96100280a1749080', values.hex(peer:receive()))
            peer:close()
            box:expect 'onClose'
        end
    end)

    it('§A.17 says goodbye by wamp.close, and hears it by any name', function()
        join()
        client:disconnect()
        p:expect '[6,{},"wamp.close.system_shutdown"]'
        played.close()
        for _, reason in ipairs { 'wamp.error.system_shutdown', 'wamp.error.goodbye_and_out', 'wamp.error.close_realm',
            'wamp.close.normal', 'own.reason' } do
            join()
            p:say(('[6,{},"%s"]'):format(reason))
            client:poll(20)
            p:expect '[6,{},"wamp.close.goodbye_and_out"]'
            assert.equal(1000, p:heard_close())
            p:say_close(1000)
            p.peer:close()
            box:expect 'onClose'
            box:ends()
            played.close()
        end
    end)

    it('§A.21 no raw sockets, no coroutines; the meta API can be subscribed and called', function()
        join()
        client:subscribe('wamp.session.on_join', print)
        p:expect '[32,1,{},"wamp.session.on_join"]'
        client:call('wamp.session.count', nil, print)
        p:expect '[48,2,{},"wamp.session.count"]'
        client:publish 'wamp.session.on_join'
        assert.equal(1, p:code())
        client:register('wamp.session.count', print)
        assert.equal(1, p:code())
        client:connect 'rs://127.0.0.1:1/'
        p:silent()
    end)

    it('§A.22 the examples of the talk', function()
        local listener = played.listen()
        box = helper.mailbox()
        client = loowy.new(listener.url, { realm = 'realm1', autoReconnect = false, onConnect = box:on 'onConnect' })
        local peer = listener:accept 'wamp.2.json'
        peer:receive()
        peer:send(played.WELCOME)
        box:expect 'onConnect'
        client:publish('t', { key1 = 'value1' })
        assert.equal('[16,1,{},"t",[],{"key1":"value1"}]', peer:receive())
        client:subscribe('t', function(event) box:on 'onEvent'(event) end)
        assert.equal('[32,2,{},"t"]', peer:receive())
        peer:send '[33,2,7]'
        peer:send '[36,7,1,{},[1],{"k":2}]'
        assert.same({ details = {}, argsList = { 1 }, argsDict = { k = 2 } }, box:expect 'onEvent')
        client:call('p', true, { onSuccess = function() box:on 'onSuccess'() end,
            onError = function(failure) box:on 'onError'(failure) end })
        assert.equal('[48,3,{},"p",[true]]', peer:receive())
        peer:send '[50,3,{}]'
        box:expect 'onSuccess'
        client:call('p', true, box:callbacks('onSuccess', 'onError'))
        peer:receive()
        peer:send '[8,48,4,{},"e.u"]'
        assert.equal('e.u', box:expect('onError').error)
        client:abort()
        peer:close()
    end)
end)
