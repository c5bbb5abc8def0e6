--- RawSocket as it is on the wire, with a router of few lines.

local helper = require 'spec.helper'
local socket = require 'socket'

local WELCOME = '[2,1,{"roles":{"broker":{},"dealer":{}}}]'

local function frame(kind, payload)
    local length = #payload
    return string.char(kind, math.floor(length / 65536), math.floor(length / 256) % 256, length % 256) .. payload
end

describe('a client of RawSocket', function()
    local listener, url, box, client, peer

    before_each(function()
        listener = assert(socket.bind('127.0.0.1', 0))
        listener:settimeout(20)
        local _, port = listener:getsockname()
        url = 'tcp://127.0.0.1:' .. port
        box, peer = helper.mailbox(), nil
    end)

    after_each(function()
        if peer then peer:close() end
        helper.close()
        listener:close()
    end)

    -- The client's four octets, when it has connected.
    local function greeted()
        peer = assert(listener:accept())
        peer:settimeout(20)
        return assert(peer:receive(4))
    end

    local function connect(options)
        options = options or {}
        if options.autoReconnect == nil then options.autoReconnect = false end
        for _, name in ipairs { 'onConnect', 'onError', 'onClose' } do options[name] = box:on(name) end
        client = helper.client(options)
        client:connect(url)
        return greeted()
    end

    -- Lets the client work until it has said something.
    local function awaited()
        local limit = socket.gettime() + 20
        while not socket.select({ peer }, nil, 0)[1] do
            assert(socket.gettime() < limit, 'the client says nothing')
            client:poll(0.01)
        end
    end

    local function receive()
        local kind, a, b, c = assert(peer:receive(4)):byte(1, 4)
        local length = (a * 256 + b) * 256 + c
        return kind, length == 0 and '' or assert(peer:receive(length))
    end

    local function join(options, answer)
        connect(options)
        peer:send(answer or '\127\241\0\0')
        local kind, hello = receive()
        assert.equal(0, kind)
        assert.matches('^%[1,"realm1",', hello)
        peer:send(frame(0, WELCOME))
        box:expect 'onConnect'
    end

    it('announces its serializer and what it takes', function()
        assert.equal('\127\241\0\0', connect())
        assert.equal('\127\242\0\0', connect { transportEncoding = 'msgpack' })
        assert.equal('\127\49\0\0', connect { maxMessageSize = 5000 })
    end)

    it('asks for the next serializer where the first is not spoken', function()
        assert.equal('\127\242\0\0', connect { transportEncoding = 'msgpack' })
        peer:send '\127\16\0\0'
        peer:close()
        assert.equal('\127\241\0\0', greeted())
        peer:send '\127\241\0\0'
        assert.equal(0, (receive()))
        peer:send(frame(0, WELCOME))
        box:expect 'onConnect'
    end)

    it('says what is wrong with the handshake', function()
        for answer, why in pairs {
            ['\127\16\0\0'] = 'serializer unsupported',
            ['\127\32\0\0'] = 'maximum message length unacceptable',
            ['\127\48\0\0'] = 'use of reserved bits',
            ['\127\64\0\0'] = 'maximum connection count reached',
            ['\127\144\0\0'] = 'error 9 of the handshake',
            ['\127\242\0\0'] = 'another serializer',
            ['\127\241\0\1'] = 'no RawSocket peer',
            ['HTTP/1.1 400 Bad Request'] = 'no RawSocket peer',
            ['\127\241'] = 'closed the connection',
        } do
            connect()
            peer:send(answer)
            peer:close()
            if why == 'serializer unsupported' then
                greeted()
                peer:send(answer)
                peer:close()
            end
            local message = box:expect('onError').error
            assert.matches('RawSocket handshake failed', message, 1, true)
            assert.matches(why, message, 1, true)
        end
    end)

    it('does not wait for a handshake for ever', function()
        connect { connectTimeout = 0.05 }
        assert.matches('no connection within', box:expect('onError').error, 1, true)
    end)

    it('answers pings with what they say, between messages and of any size', function()
        join()
        for _, said in ipairs { '', 'are you there?', ('x'):rep(70000) } do
            peer:send(frame(1, said))
            awaited()
            local kind, echoed = receive()
            assert.equal(2, kind)
            assert.is_true(echoed == said)
        end
    end)

    it('puts messages together however their bytes come', function()
        join()
        client:subscribe('a.topic', { onEvent = box:on 'onEvent', onSuccess = box:on 'onSuccess' })
        assert.equal('[32,1,{},"a.topic"]', select(2, receive()))
        for byte in frame(0, '[33,1,7]'):gmatch '.' do peer:send(byte) end
        box:expect 'onSuccess'
        local event = frame(0, '[36,7,1,{},["one"]]')
        peer:send(event .. event .. event:sub(1, 9))
        peer:send(event:sub(10))
        for _ = 1, 3 do assert.same({ 'one' }, box:expect('onEvent').argsList) end
    end)

    it('ends a connection that breaks the rules', function()
        for _, bytes in ipairs { '\128\0\0\0', '\3\0\0\0', '\8\0\0\1', frame(0, '"\255"'), '\0\255\255\255' } do
            join { maxMessageSize = 1024 }
            peer:send(bytes)
            box:expect 'onError'
            box:expect 'onClose'
            peer:close()
        end
    end)

    it('says the end after its last words', function()
        join()
        client:disconnect()
        local kind, goodbye = receive()
        assert.equal(0, kind)
        assert.matches('^%[6,', goodbye)
        peer:send(frame(0, '[6,{},"wamp.close.goodbye_and_out"]'))
        awaited()
        local _, why = peer:receive(1)
        assert.equal('closed', why)
        peer:close()
        box:expect 'onClose'
    end)

    it('is away when its pings are not answered', function()
        join { pingInterval = 0.05, pingTimeout = 0.3 }
        awaited()
        assert.same({ 1, '' }, { receive() })
        box:expect 'onClose'
    end)
end)
