--- How an instance lives in a program: what is remembered, what runs at once and what from the loop, on the wire.

local ev = require 'ev'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'
local played = require 'spec.support.played'
local socket = require 'socket'

local loop = ev.Loop.default

-- Waits until the client has something to read, without running its callbacks.
local function readable(client)
    local it = { getfd = function() return client:getfd() end }
    assert.equal(it, socket.select({ it }, nil, 20)[1])
end

-- A frame with a short content.
local function frame(first_byte, content)
    return string.char(first_byte, #content) .. content
end

local TEXT, CONTINUATION, LAST = 1, 0, 128

-- Runs the loop: whether it kept running by itself.
local function stays(on)
    on = on or loop
    on:update_now()
    local stayed = false
    local timer = ev.Timer.new(function(self)
        stayed = true
        self:unloop()
    end, 0.02)
    timer:start(on, true)
    on:loop()
    timer:stop(on)
    return stayed
end

describe('an instance', function()
    after_each(played.close)

    it('M03 new with a URL has connected when it returns, with the options merged', function()
        local listener = played.listen()
        local client = loowy.new(listener.url .. 'x', { realm = 'realm1', transportEncoding = 'msgpack' })
        local request = listener:request()
        assert.equal('GET /x HTTP/1.1', request.line)
        assert.equal('wamp.2.msgpack, wamp.2.json', request.headers['sec-websocket-protocol'])
        request.peer:close()
        client:disconnect()
    end)

    it('M07 the fields may be overwritten; reconnecting does not go through them', function()
        local p = played.joined { reconnectInterval = 0.01 }
        p.client:subscribe('t', { onEvent = print, onSuccess = p.box:on 'subscribed' })
        p:heard()
        p:told('subscribed', '[33,1,7]')
        local called = {}
        for _, name in ipairs { 'connect', 'subscribe', 'register', 'publish' } do
            p.client[name] = function() called[#called + 1] = name end
        end
        p.peer:close()
        p.box:expect 'onReconnect'
        p:accept()
        p:say(played.WELCOME)
        p:expect '[32,1,{},"t"]'
        p.client:publish 'a'
        assert.same({ 'publish' }, called)
    end)

    it('I01 connect, disconnect and abort with a dot', function()
        local p = played.joined()
        p.client.disconnect()
        p:expect '[6,{},"wamp.close.system_shutdown"]'
        p:say '[6,{},"wamp.close.goodbye_and_out"]'
        p.client:poll(20)
        assert.equal(1000, p:heard_close())
        p:say_close(1000)
        p.peer:close()
        p.box:expect 'onClose'
        p.client.connect()
        p:accept()
        p.client.abort()
        p:expect '[3,{},"wamp.error.abort"]'
    end)

    it('I02 connect(url) with a dot connects to the URL of before', function()
        local first, second = played.listen(), played.listen()
        local box = helper.mailbox()
        local client = helper.client { onClose = box:on 'onClose' }
        client:connect(first.url)
        local request = first:request()
        client.disconnect()
        box:expect 'onClose'
        request.peer:close()
        client.connect(second.url .. 'other')
        request = first:request()
        assert.equal('GET / HTTP/1.1', request.line)
        assert.equal(first.url:match '//(.*)/', request.headers.host)
        request.peer:close()
    end)

    it('I04 the last URL is remembered: over a close, and when the realm was missing', function()
        local first, second = played.listen(), played.listen()
        local client = loowy.new(first.url .. 'first')
        assert.equal(21, client:getOpStatus().code)
        client:options { realm = 'realm1' }
        client:connect()
        local request = first:request()
        assert.equal('GET /first HTTP/1.1', request.line)
        request.peer:close()
        client:disconnect()
        client:connect(second.url .. 'second')
        second:request().peer:close()
        client:disconnect()
        client:options().realm = nil
        client:connect(first.url .. 'third')
        client:options().realm = 'realm1'
        client:connect()
        request = first:request()
        assert.equal('GET /third HTTP/1.1', request.line)
        request.peer:close()
        client:disconnect()
    end)

    it('I05 instances are independent: options, sessions, ids, subscriptions, status', function()
        local one, two = played.joined(), played.joined({ realm = 'other' }, '[2,7,{"roles":{"broker":{}}}]')
        assert.equal('[1,"realm1"', one.hello:sub(1, 11))
        assert.equal('[1,"other"', two.hello:sub(1, 10))
        one.client:options { foo = 1 }
        assert.is_nil(two.client:options().foo)
        assert.same({ 100001, 7 }, { one.client:getSessionId(), two.client:getSessionId() })
        for _, p in ipairs { one, two } do
            p.client:subscribe('t', { onEvent = p.box:on 'onEvent', onSuccess = p.box:on 'onSuccess' })
            p:expect '[32,1,{},"t"]'
            p:told('onSuccess', '[33,1,9]')
        end
        one.client:call('p', nil, print)
        one:expect '[48,2,{},"p"]'
        two.client:call('p', nil, print)
        assert.same({ 0, 12 }, { one:code(), two:code() })
        one.client:unsubscribe 't'
        one:expect '[34,3,9]'
        assert.same({ 'two' }, two:told('onEvent', '[36,9,1,{},["two"]]').argsList)
        assert.equal('', one.box:names())
    end)

    it('I06 the loop is that of construction: a later eventLoop has no effect', function()
        local other = ev.Loop.new()
        local p = played.greeted { reconnectInterval = 0.01 }
        p.client:options { eventLoop = other }
        p:say(played.WELCOME)
        assert.is_false(stays(other))
        p.box:expect 'onConnect'
        assert.equal(other, p.client:options().eventLoop)
        p.peer:close()
        p.box:expect 'onReconnect'
        assert.is_false(stays(other))
    end)

    it('I07 connecting begins inside of connect; nothing is told before the loop runs', function()
        local p = played.greeted()
        p:say(played.WELCOME)
        readable(p.client)
        assert.equal('', p.box:names())
        assert.is_nil(p.client:getSessionId())
        p.box:expect 'onConnect'
        assert.equal(100001, p.client:getSessionId())
    end)

    for name, set in pairs {
        ['by options()'] = function(client) client:options { authid = 'ann', authmethods = { 'ticket' } } end,
        ['in the live table'] = function(client)
            client:options().authid, client:options().authmethods = 'ann', { 'ticket' }
        end,
    } do
        it('I07 what HELLO says may be set until the loop begins, ' .. name, function()
            local p = played.greeted()
            assert.is_nil(p.hello:find('"authid"', 1, true))
            p:say '[3,{},"wamp.error.not_authorized"]'
            readable(p.client)
            set(p.client)
            p.client:poll(0)
            p:accept()
            assert.is_truthy(p.hello:find('"authid":"ann"', 1, true))
            p:told('onConnect', played.WELCOME)
            assert.equal('', p.box:names())
        end)
    end

    it('I07 O06 what HELLO says may be set until the loop begins, inside of the tables that were given', function()
        local details = { extra = {} }
        local p = played.greeted { authid = 'ann', helloCustomDetails = details }
        details.extra.token = 'new'
        p.client:poll(0)
        p:accept()
        assert.matches('"token":"new"', p.hello, 1, true)
        p:told('onConnect', played.WELCOME)
        assert.equal('', p.box:names())
        played.close()

        p = played.greeted { authid = 'ann' }
        table.insert(p.client:options().authmethods, 'ticket')
        p.client:poll(0)
        p:accept()
        assert.matches('"authmethods":["ticket"]', p.hello, 1, true)
    end)

    it('I08 a connection keeps the loop running: connecting, open, in a session, waiting to reconnect', function()
        local listener = played.listen()
        local client = helper.client()
        client:connect(listener.url)
        assert.is_true(stays())
        client:disconnect()
        assert.is_false(stays())

        local p = played.greeted { reconnectInterval = 60 }
        assert.is_true(stays())
        p:say(played.WELCOME)
        p.box:expect 'onConnect'
        assert.is_true(stays())
        p.peer:close()
        while p.client:getSessionId() do p.client:poll(20) end
        assert.is_true(stays())
        p.client:disconnect()
        p.box:expect 'onClose'
        assert.is_false(stays())
    end)

    it('I08 after the final close nothing of ours keeps the loop running', function()
        local p = played.joined()
        p:say '[6,{},"wamp.close.close_realm"]'
        p.client:poll(20)
        p:expect '[6,{},"wamp.close.goodbye_and_out"]'
        assert.equal(1000, p:heard_close())
        p:say_close(1000)
        p.peer:close()
        p.box:expect 'onClose'
        assert.is_false(stays())
    end)

    it('I09 what a method sends is written before it returns', function()
        local p = played.joined()
        p.client:publish('t', { 1 })
        p.peer.socket:settimeout(0)
        assert.is_string(p.peer.socket:receive(1))
        p.peer.socket:settimeout(20)
    end)

    it('I10 all that has come is handed out in one turn', function()
        local p = played.joined()
        p.client:subscribe('t', { onEvent = p.box:on 'onEvent', onSuccess = p.box:on 'onSuccess' })
        p:heard()
        p:told('onSuccess', '[33,1,5]')
        local frames = {}
        for i = 1, 50 do frames[i] = frame(LAST + TEXT, ('[36,5,%d,{},[%d]]'):format(i, i)) end
        assert(p.peer.socket:send(table.concat(frames)))
        readable(p.client)
        p.client:poll(20)
        assert.equal(50, #p.box)
        for i = 1, 50 do assert.equal(i, p.box:expect('onEvent').argsList[1]) end
    end)

    it('I10 fragments of a message are put together', function()
        local p = played.joined()
        p.client:subscribe('t', { onEvent = p.box:on 'onEvent', onSuccess = p.box:on 'onSuccess' })
        p:heard()
        p:told('onSuccess', '[33,1,5]')
        local send = p.peer.socket
        send:send(frame(TEXT, '[36,5,1,{},["'))
        send:send(frame(CONTINUATION, 'in three '))
        send:send(frame(LAST + CONTINUATION, 'parts"]]'))
        assert.same({ 'in three parts' }, p.box:expect('onEvent').argsList)
    end)

    it('I10 large payloads work both ways', function()
        for _, encoding in ipairs { 'json', 'msgpack', 'cbor' } do
            local client = helper.joined(helper.router():url(), { transportEncoding = encoding })
            helper.registered(client, 'echo', function(call) return { argsList = call.argsList } end)
            local text = ('0123456789'):rep(30000)
            local _, list = helper.called(client, 'echo', { text })
            assert.equal(text, list[1])
        end
    end)

    it('I10 callbacks run in the coroutine that runs the loop, and cannot yield', function()
        local p = played.greeted()
        local inside
        p.client:options { onConnect = function()
            inside = coroutine.running()
            loop:unloop()
            coroutine.yield()
        end }
        p:say(played.WELCOME)
        local stderr, said = io.stderr, {}
        io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end } -- luacheck: ignore 122
        local thread = coroutine.create(function() loop:loop() end)
        local ok, message = coroutine.resume(thread)
        io.stderr = stderr -- luacheck: ignore 122
        assert.is_true(ok, message)
        assert.equal('dead', coroutine.status(thread))
        assert.equal(thread, inside)
        assert.matches('^CALLBACK FAILED: .*yield', table.concat(said))
        p:silent()
    end)

    it('I11 messages go out in the order of the calls, inside and outside of callbacks', function()
        local p = played.joined()
        local function ask(first)
            local client = p.client
            client:publish 'a'
            client:call('b', nil, print)
            client:subscribe('c' .. first, print)
            client:register('d' .. first, print)
            client:cancel(first + 1)
            client:publish 'e'
        end
        local function heard(first)
            p:expect(('[16,%d,{},"a"]'):format(first))
            p:expect(('[48,%d,{},"b"]'):format(first + 1))
            p:expect(('[32,%d,{},"c%d"]'):format(first + 2, first))
            p:expect(('[64,%d,{},"d%d"]'):format(first + 3, first))
            p:expect(('[49,%d,{}]'):format(first + 1))
            p:expect(('[16,%d,{},"e"]'):format(first + 4))
        end
        ask(1)
        heard(1)
        p.client:publish('t', nil, { onSuccess = function()
            ask(7)
            p.box:on 'asked' ()
        end })
        p:heard()
        p:told('asked', '[17,6,1]')
        heard(7)
    end)
end)

describe('callbacks that run inside of the method', function()
    after_each(played.close)

    it('§2.1 onError for what is found to be wrong here; the status tells it inside', function()
        local p = played.joined()
        local client = p.client
        client:register('known', { rpc = print, onSuccess = p.box:on 'onSuccess' })
        p:heard()
        p:told('onSuccess', '[65,1,5]')
        for _, case in ipairs {
            { 1, function(on) client:publish('a.', nil, on) end },
            { 4, function(on) client:publish('a', nil, on, { exclude = 'x' }) end },
            { 1, function(on) client:subscribe('a.', on) end },
            { 3, function(on) client:subscribe('a', on) end },
            { 7, function(on) client:unsubscribe('unknown', on) end },
            { 1, function(on) client:call('a.', nil, on) end },
            { 3, function(on) client:call('a', nil, on) end },
            { 20, function(on) client:cancel(99, on) end },
            { 1, function(on) client:register('a.', on) end },
            { 4, function(on) client:register('a', on, { match = 'x' }) end },
            { 15, function(on) on.rpc = print client:register('known', on) end },
            { 17, function(on) client:unregister('unknown', on) end },
        } do
            local inside, told
            case[2] { onError = function(failure)
                inside, told = client:getOpStatus(), failure
            end }
            assert.equal(case[1], inside.code)
            assert.same({ error = inside.description }, told)
            assert.equal(inside, client:getOpStatus())
        end
        p:silent()
    end)

    it('§2.2 onSuccess of a subscribe that joins a subscription; the status inside is the one of before', function()
        local p = played.joined()
        local client = p.client
        client:subscribe('t', { onEvent = print, onSuccess = p.box:on 'onSuccess' })
        p:heard()
        p:told('onSuccess', '[33,1,5]')
        client:publish 'x.'
        local inside
        client:subscribe('t', { onEvent = tostring, onSuccess = function(...)
            inside = { client:getOpStatus().code, select('#', ...) }
        end })
        assert.same({ 1, 0 }, inside)
        assert.same({ code = 0, description = 'Success!' }, client:getOpStatus())
    end)

    it('§2.3 onSuccess of cancel, right after the message was sent', function()
        local p = played.joined()
        p.client:call('t', nil, print)
        p:heard()
        local sent
        p.client:cancel(1, { onSuccess = function()
            p:expect '[49,1,{}]'
            sent = true
        end })
        assert.is_true(sent)
    end)

    it('§2.4 onClose of disconnect and abort while the socket is being opened', function()
        for _, method in ipairs { 'disconnect', 'abort' } do
            local closed = false
            local client = helper.client { autoReconnect = false, onClose = function() closed = true end }
            client:connect(played.listen().url)
            client[method](client)
            assert.is_true(closed)
        end
    end)

    it('I07 everything else is told from the loop', function()
        local p = played.joined()
        local client, box = p.client, p.box
        client:subscribe('t', { onEvent = box:on 'onEvent', onSuccess = box:on 'subscribed' })
        client:publish('t', nil, { onSuccess = box:on 'published' })
        client:call('t', nil, box:on 'called')
        client:register('t', { rpc = function() box:on 'invoked'() end, onSuccess = box:on 'registered' })
        for _ = 1, 4 do p:heard() end
        p:say('[33,1,5]', '[17,2,6]', '[50,3,{}]', '[65,4,7]', '[36,5,6,{}]', '[68,8,7,{}]')
        readable(client)
        client:publish 'x'
        assert.equal('', box:names())
        for _, name in ipairs { 'subscribed', 'published', 'called', 'registered', 'onEvent', 'invoked' } do
            box:expect(name)
        end
    end)
end)
