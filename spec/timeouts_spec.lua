--- The time limit of each phase, with peers that stop there: what the program hears, and when.

local ev = require 'ev'
local helper = require 'spec.helper'
local played = require 'spec.support.played'
local socket = require 'socket'

local loop = ev.Loop.default

-- The limits that the specs set, in seconds, and what the program must have heard by then. The defaults are longer.
-- Nothing has to be done in time where nobody answers at all.
local LIMIT, NO_ANSWER, LATE = 0.3, 0.1, 2.9

describe('the time limit', function()
    local box, began, sockets, timers

    before_each(function()
        box, sockets, timers = helper.mailbox(), {}, {}
        began = socket.gettime()
    end)

    after_each(function()
        for _, timer in ipairs(timers) do timer:stop(loop) end
        for _, each in ipairs(sockets) do each:close() end
        played.close()
    end)

    -- Waits for that callback, which comes when that long has passed.
    local function expect_in_time(name, limit)
        local result = { box:expect(name) }
        local elapsed = socket.gettime() - began
        assert.is_true(elapsed > (limit or LIMIT) - 0.01, ('%s after %.3f s'):format(name, elapsed))
        assert.is_true(elapsed < LATE, ('%s after %.3f s'):format(name, elapsed))
        return result[1]
    end

    -- A listener whose connections the system accepts and nobody answers.
    local function listener(backlog)
        local listening = socket.tcp()
        sockets[#sockets + 1] = listening
        assert(listening:bind('127.0.0.1', 0))
        assert(listening:listen(backlog or 8))
        local _, port = listening:getsockname()
        return listening, ('127.0.0.1:%d'):format(port), port
    end

    local function every(seconds, action)
        local timer = ev.Timer.new(action, seconds, seconds)
        timers[#timers + 1] = timer
        timer:start(loop, true)
    end

    -- Peers that let no WebSocket come about; each returns its address.
    local peers = {}

    peers['accepts TCP and says nothing'] = function()
        local _, address = listener()
        return address
    end

    peers['has its queue of connections full'] = function()
        local _, address, port = listener(0)
        repeat
            local one = socket.tcp()
            sockets[#sockets + 1] = one
            one:settimeout(0.1)
        until not one:connect('127.0.0.1', port)
        return address
    end

    -- Says that to whoever comes, byte by byte, and its last byte for ever.
    local function slow_speaker(text)
        local listening, address = listener()
        listening:settimeout(0)
        local peer, said = nil, 0
        every(0.01, function()
            peer = peer or listening:accept()
            if not peer then return end
            sockets[#sockets + 1] = peer
            said = math.min(said + 1, #text)
            peer:send(text:sub(said, said))
        end)
        return address
    end

    peers['never ends its answer to the upgrade'] = function()
        return slow_speaker 'HTTP/1.1 101 Switching Protocols\r\nX: y'
    end

    -- A TLS record of a handshake that is 16 KiB long.
    peers['never ends its first record'] = function() return slow_speaker '\22\3\3\64\0\2\0\63\252\3\3\0' end

    local OPENING = {
        { 'ws', 'accepts TCP and says nothing' },
        { 'ws', 'has its queue of connections full' },
        { 'ws', 'never ends its answer to the upgrade' },
        { 'wss', 'accepts TCP and says nothing' },
        { 'wss', 'never ends its first record' },
    }

    local function opens_nothing(scheme, peer, options)
        local address = peers[peer]()
        local all = box:callbacks('onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess')
        for name, value in pairs(options) do all[name] = value end
        began = socket.gettime()
        helper.client(all):connect(('%s://%s/ws'):format(scheme, address))
        return { error = ('%s: no connection within 0.1 s'):format(address) }
    end

    for _, case in ipairs(OPENING) do
        local scheme, peer = case[1], case[2]

        it(('connectTimeout ends the first connect to a peer that %s (%s): onError'):format(peer, scheme), function()
            local failure = opens_nothing(scheme, peer, { connectTimeout = NO_ANSWER })
            assert.same(failure, expect_in_time('onError', NO_ANSWER))
            box:ends()
        end)

        it(('connectTimeout ends each attempt on a peer that %s (%s)'):format(peer, scheme), function()
            local failure = opens_nothing(scheme, peer, { connectTimeout = NO_ANSWER, retryFirstConnect = true,
                reconnectInterval = 0.01, maxRetries = 2 })
            assert.same(failure, expect_in_time('onError', NO_ANSWER))
            for times = 2, 3 do
                box:expect 'onReconnect'
                assert.same(failure, expect_in_time('onError', times * NO_ANSWER))
            end
            box:expect 'onClose'
            box:ends()
        end)
    end

    it('connectTimeout, joinTimeout and closeTimeout may be so short that nothing can be in time', function()
        local router = helper.router()
        for _, name in ipairs { 'connectTimeout', 'joinTimeout', 'closeTimeout' } do
            local all = box:callbacks('onConnect', 'onError', 'onClose')
            all.autoReconnect, all[name] = false, 0
            local client = helper.client(all)
            client:connect(router.url and router:url())
            local heard = box:next(name)
            if heard == 'onConnect' then
                client:disconnect()
                box:expect 'onClose'
            else
                assert.equal('onError', heard)
            end
            box = helper.mailbox()
        end
    end)

    it('joinTimeout ends a session that the router does not open: ABORT, onError, and a new attempt', function()
        local spec = played.greeted({ joinTimeout = LIMIT, reconnectInterval = 0.01 }, box)
        assert.same({ error = 'wamp.error.timeout', details = { message = 'the router did not answer HELLO in time' } },
            expect_in_time 'onError')
        spec:expect '[3,{"message":"the router did not answer HELLO in time"},"wamp.error.timeout"]'
        assert.equal(1000, spec:heard_close())
        spec:say_close(1000)
        spec.peer:close()
        box:expect 'onReconnect'
        spec:accept()
        spec:say(played.WELCOME)
        box:expect 'onConnect'
    end)

    it('joinTimeout counts on over any number of challenges', function()
        local spec = played.greeted({ joinTimeout = LIMIT, autoReconnect = false, authid = 'joe',
            onChallenge = function() return 'signature' end }, box)
        every(0.02, function() pcall(spec.say, spec, '[4,"ticket",{}]') end)
        assert.equal('wamp.error.timeout', expect_in_time('onError').error)
    end)

    it('K19 closeTimeout ends a session whose GOODBYE is not answered, and once more its close frame', function()
        local spec = played.joined({ closeTimeout = LIMIT }, nil, box)
        began = socket.gettime()
        spec.client:disconnect()
        spec:expect '[6,{},"wamp.close.system_shutdown"]'
        expect_in_time('onClose', 2 * LIMIT)
        assert.equal(1000, spec:heard_close())
        box:ends()
    end)

    it('L02 closeTimeout ends a connection whose close frame is not answered', function()
        local spec = played.joined({ closeTimeout = LIMIT }, nil, box)
        spec.client:disconnect()
        spec:heard()
        began = socket.gettime()
        spec:say '[6,{},"wamp.close.goodbye_and_out"]'
        expect_in_time 'onClose'
        assert.equal(1000, spec:heard_close())
    end)

    it('L02 closeTimeout ends a connection that is aborted, before the next attempt', function()
        local spec = played.joined({ closeTimeout = LIMIT, reconnectInterval = 0.01 }, nil, box)
        began = socket.gettime()
        spec.client:abort()
        expect_in_time 'onReconnect'
        spec.client:disconnect()
        box:expect 'onClose'
    end)

    it('closeTimeout ends half a close frame', function()
        local spec = played.joined({ closeTimeout = LIMIT }, nil, box)
        spec.client:disconnect()
        spec:heard()
        began = socket.gettime()
        spec:say '[6,{},"wamp.close.goodbye_and_out"]'
        assert(spec.peer.socket:send '\136\2\3')
        expect_in_time 'onClose'
    end)

    -- A session in which pings are sent soon, and the router's answers are left to the spec.
    local function pinging(options)
        options = options or {}
        options.pingInterval, options.pingTimeout, options.reconnectInterval = 0.1, LIMIT, 0.01
        local spec = played.joined(options, nil, box)
        began = socket.gettime()
        return spec
    end

    it('pingTimeout ends a connection whose ping is not answered: onReconnect, without onError', function()
        local spec = pinging()
        expect_in_time 'onReconnect'
        assert.equal('ping', (spec.peer:frame()))
    end)

    it('pingTimeout ends a connection that stalls in the middle of a frame', function()
        local spec = pinging()
        assert(spec.peer.socket:send '\129\126\1\0[36,1')
        expect_in_time 'onReconnect'
    end)

    it('pingTimeout ends a connection whose ping is not answered while the program is away', function()
        local spec = pinging()
        -- The background closes the connection; the program comes back after that.
        repeat local kind = select(2, pcall(spec.peer.frame, spec.peer)) until kind ~= 'ping'
        expect_in_time 'onReconnect'
    end)

    it('pongs, and anything else that comes, keep a connection alive', function()
        local spec = pinging()
        for _ = 1, 2 do
            local kind, content = spec.peer:frame()
            assert.equal('ping', kind)
            spec.peer:send(content, 'pong')
        end
        for i = 1, 2 do
            assert.equal('ping', (spec.peer:frame()))
            spec:say(('[36,%d,1,{}]'):format(i))
        end
        spec:say '[8,48,99,{},"no.such.call"]'
        assert.equal('', box:names())
        assert.is_number(spec.client:getSessionId())
    end)

    -- Says so much that the client takes no more.
    local function fill(client)
        local text = ('x'):rep(100000)
        for _ = 1, 1000 do
            client:publish('a.b', { text })
            if client:getOpStatus().code == 8 then return end
        end
        error 'the queue never was full'
    end

    it('pingTimeout ends a connection whose peer reads nothing any more, when the queue is full, too', function()
        local spec = pinging { maxQueuedBytes = 200000 }
        fill(spec.client)
        expect_in_time 'onReconnect'
    end)

    it('R05 the timeout of a call ends it, and nothing else', function()
        local spec = played.joined(nil, nil, box)
        began = socket.gettime()
        spec.client:call('a.b', nil, box:callbacks('onSuccess', 'onError'), { timeout = LIMIT * 1000 })
        assert.equal('wamp.error.timeout', expect_in_time('onError').error)
        spec:expect '[48,1,{"timeout":300},"a.b"]'
        spec:expect '[49,1,{"mode":"killnowait"}]'
        spec:say '[50,1,{},["late"]]'
        spec:silent()
        assert.equal('', box:names())
    end)

    it('R05 the timeout of a call counts while there is no session, and while nobody reads what is said', function()
        local client = helper.client { maxQueuedBytes = 200000 }
        began = socket.gettime()
        client:call('a.b', nil, box:callbacks('onSuccess', 'onError'), { timeout = LIMIT * 1000 })
        local _, address = listener()
        client:connect(('ws://%s/'):format(address))
        assert.equal('wamp.error.timeout', expect_in_time('onError').error)
        local spec = played.joined({ maxQueuedBytes = 200000 }, nil, box)
        began = socket.gettime()
        spec.client:call('a.b', { ('x'):rep(1000000) }, box:callbacks('onSuccess', 'onError'),
            { timeout = LIMIT * 1000 })
        assert.equal('wamp.error.timeout', expect_in_time('onError').error)
    end)
end)
