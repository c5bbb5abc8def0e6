--- What a client says on the wire after its connection was lost, and what becomes of that which was under way.

local ev = require 'ev'
local helper = require 'spec.helper'
local played = require 'spec.support.played'

local LOST = 'wamp.error.network_failure'

describe('after a lost connection', function()
    local p, client, box

    before_each(function() box = helper.mailbox() end)
    after_each(played.close)

    local function joined(options)
        options = options or {}
        options.reconnectInterval = options.reconnectInterval or 0.01
        p = played.joined(options, nil, box)
        client = p.client
    end

    -- The connection breaks, and the client notices.
    local function breaks()
        p.peer:close()
        box:expect 'onReconnect'
    end

    local function rejoins()
        p:accept()
        p:say(played.WELCOME)
        box:expect 'onReconnectSuccess'
    end

    local function subscribed(topic, id, options)
        client:subscribe(topic, { onEvent = box:on(topic), onSuccess = box:on 'subscribed' }, options)
        p:told('subscribed', ('[33,%s,%d]'):format(p:heard():match '^%[32,(%d+)', id))
    end

    local function registered(procedure, id, options)
        client:register(procedure, { rpc = print, onSuccess = box:on 'registered' }, options)
        p:told('registered', ('[65,%s,%d]'):format(p:heard():match '^%[64,(%d+)', id))
    end

    it('L30 L31 L32 Q10 renews in the order of confirmation, with all options; then what waited', function()
        joined { onReconnectSuccess = function()
            client:publish 'after'
            box:on 'onReconnectSuccess' ()
        end }
        registered('r.one', 21)
        subscribed('t.two', 12, { match = 'prefix' })
        subscribed('t.one', 11)
        client:subscribe('t.two', box:on 'another', { match = 'prefix' })
        client:subscribe('t.two', box:on 'third', { match = 'prefix' })
        registered('r.two', 22, { match = 'wildcard', invoke = 'roundrobin' })
        breaks()
        client:publish('offline', { 1 })
        rejoins()
        p:expect '[32,1,{"match":"prefix"},"t.two"]'
        p:expect '[32,2,{},"t.one"]'
        p:expect '[64,3,{},"r.one"]'
        p:expect '[64,4,{"invoke":"roundrobin","match":"wildcard"},"r.two"]'
        p:expect '[16,5,{},"offline",[1]]'
        p:expect '[16,6,{},"after"]'
        p:say('[33,1,52]', '[33,2,51]', '[65,3,61]', '[65,4,62]', '[36,52,1,{}]')
        for _, name in ipairs { 't.two', 'another', 'third' } do box:expect(name) end
        p:settled()
        assert.equal('', box:names())
    end)

    it('§3.2.16 S02 an attempt starts after onReconnect, however late that runs and however long it takes', function()
        local function nobody_connects()
            p.listener.socket:settimeout(0.2)
            assert.same({ nil, 'timeout' }, { p.listener.socket:accept() })
            p.listener.socket:settimeout(20)
        end
        local session
        joined { reconnectInterval = 0.001, onReconnect = function()
            nobody_connects()
            session = client:getSessionId()
            client:options { helloCustomDetails = { token = 'new' } }
            box:on 'onReconnect' ()
        end }
        p.peer:close()
        nobody_connects()
        box:expect 'onReconnect'
        assert.is_nil(session)
        p:accept()
        assert.matches('"token":"new"', p.hello, 1, true)
        p:told('onReconnectSuccess', played.WELCOME)
    end)

    it('L33 a renewal that is refused is told to nobody, and tried again in the next session', function()
        joined()
        subscribed('t', 11)
        registered('r', 21)
        breaks()
        rejoins()
        p:expect '[32,1,{},"t"]'
        p:expect '[64,2,{},"r"]'
        p:say('[8,32,1,{},"e.u"]', '[8,64,2,{},"e.u"]')
        p:settled()
        assert.equal('', box:names())
        breaks()
        rejoins()
        p:expect '[32,1,{},"t"]'
        p:expect '[64,2,{},"r"]'
    end)

    it('L34 Q36 a subscribe and a register that were under way are sent again, and confirmed once', function()
        joined()
        client:subscribe('t', { onEvent = box:on 't', onSuccess = box:on 'subscribed' }, { match = 'prefix' })
        client:register('r', { rpc = print, onSuccess = box:on 'registered' }, { invoke = 'last' })
        p:heard()
        p:heard()
        breaks()
        assert.equal('', box:names())
        rejoins()
        p:expect '[32,1,{"match":"prefix"},"t"]'
        p:expect '[64,2,{"invoke":"last"},"r"]'
        p:told('subscribed', '[33,1,5]')
        p:told('registered', '[65,2,6]')
        p:told('t', '[36,5,1,{}]')
        p:settled()
        assert.equal('', box:names())
    end)

    it('L34 L35 Q36 calls and acknowledged publications under way fail once, and are not sent again', function()
        joined()
        client:call('x.y', nil, { onSuccess = box:on 'never', onError = box:on 'call' })
        client:publish('t', nil, { onSuccess = box:on 'never', onError = box:on 'publish' })
        client:call('x.z', nil, box:on 'never')
        for _ = 1, 3 do p:heard() end
        p.peer:close()
        for _, name in ipairs { 'call', 'publish' } do
            local failure = box:expect(name)
            assert.equal(LOST, failure.error)
            assert.is_string(failure.argsList[1])
        end
        box:expect 'onReconnect'
        client:cancel(1)
        assert.equal(20, p:code())
        rejoins()
        p:settled()
        client:disconnect()
        p:heard()
        p.peer:close()
        box:expect 'onClose'
        box:ends()
    end)

    it('Q36 at the final close what still waits fails in the order of the requests, then comes onClose', function()
        joined { autoReconnect = false }
        client:options { onClose = function() box:on 'onClose' (client:getOpStatus().reqId) end }
        local function asked(name) return { onEvent = print, rpc = print, onError = box:on(name) } end
        client:subscribe('t', asked 'subscribe')
        client:register('r', asked 'register')
        client:subscribe('u', asked 'another')
        for _ = 1, 3 do p:heard() end
        p.peer:close()
        for _, name in ipairs { 'subscribe', 'register', 'another' } do
            assert.equal(LOST, box:expect(name).error)
        end
        assert.equal(0, box:expect 'onClose')
        box:ends()
    end)

    it('L36 unsubscribe and unregister while offline take effect at once and are confirmed', function()
        joined()
        subscribed('t', 11)
        subscribed('kept', 12)
        registered('r', 21)
        breaks()
        client:unsubscribe('t', { onSuccess = box:on 'left' })
        client:unregister('r', { onSuccess = box:on 'gone' })
        box:expect 'left'
        box:expect 'gone'
        client:unsubscribe 't'
        assert.equal(7, p:code())
        rejoins()
        p:expect '[32,1,{},"kept"]'
        p:settled()
        assert.equal('', box:names())
    end)

    it('L36 an unsubscribe and an unregister that were under way are confirmed, and nothing comes back', function()
        joined()
        subscribed('t', 11)
        registered('r', 21)
        client:unsubscribe('t', { onSuccess = box:on 'left', onError = box:on 'never' })
        client:unregister('r', { onSuccess = box:on 'gone', onError = box:on 'never' })
        p:heard()
        p:heard()
        p.peer:close()
        box:expect 'left'
        box:expect 'gone'
        box:expect 'onReconnect'
        rejoins()
        p:settled()
        assert.equal('', box:names())
    end)

    it('L37 subscribe to a known topic while offline adds the callback, and confirms at once', function()
        joined()
        subscribed('t', 11)
        breaks()
        client:subscribe('t', { onEvent = box:on 'added', onSuccess = box:on 'confirmed' })
        assert.equal('confirmed', box:names())
        box:expect 'confirmed'
        rejoins()
        p:expect '[32,1,{},"t"]'
        p:say('[33,1,12]', '[36,12,1,{}]')
        box:expect 't'
        box:expect 'added'
        p:settled()
    end)

    it('L38 Q37 numbers go on, the ids of the new session begin at 1, and cancel takes the number', function()
        joined()
        client:publish 'one'
        client:publish 'two'
        p:expect '[16,1,{},"one"]'
        p:expect '[16,2,{},"two"]'
        breaks()
        rejoins()
        client:call('x.y', nil, box:callbacks('onSuccess', 'onError'))
        assert.equal(3, client:getOpStatus().reqId)
        p:expect '[48,1,{},"x.y"]'
        client:cancel(1)
        assert.equal(20, p:code())
        client:cancel(3, nil, { mode = 'kill' })
        assert.equal(3, client:getOpStatus().reqId)
        p:expect '[49,1,{"mode":"kill"}]'
        assert.equal('wamp.error.canceled', p:told('onError', '[8,48,1,{},"wamp.error.canceled"]').error)
    end)

    it('L39 a publication made while offline is acknowledged in the next session', function()
        joined()
        breaks()
        client:publish('t', { 1 }, box:callbacks('onSuccess', 'onError'))
        client:call('x.y', nil, box:callbacks 'onSuccess')
        rejoins()
        p:expect '[16,1,{"acknowledge":true},"t",[1]]'
        p:expect '[48,2,{},"x.y"]'
        p:told('onSuccess', '[17,1,7]')
        assert.same({ 5 }, p:told('onSuccess', '[50,2,{},[5]]'))
    end)

    it('Q38 what waited is written in the format of the session that it is sent in', function()
        joined { transportEncoding = 'msgpack' }
        breaks()
        client:publish('t', { 1, 'a', {} }, nil, { exclude_me = false })
        local request = p.listener:request()
        assert.equal('wamp.2.msgpack, wamp.2.json', request.headers['sec-websocket-protocol'])
        request.peer:agree(request, 'wamp.2.json')
        assert.equal('[1,"realm1",', request.peer:receive():sub(1, 12))
        request.peer:send(played.WELCOME)
        box:expect 'onReconnectSuccess'
        assert.equal('[16,1,{"exclude_me":false},"t",[1,"a",[]]]', request.peer:receive())
        assert.equal('json', client:options().transportEncoding)
        request.peer:close()
    end)

    it('L01 L04 Q33 Q43 the loss itself is told to nobody: a close frame, an end, a reset', function()
        joined()
        for _, ending in ipairs {
            function() p:say_close(1000) end,
            function() p.peer:close() end,
            function()
                p.peer.socket:setoption('linger', { on = true, timeout = 0 })
                p.peer:close()
            end,
        } do
            ending()
            box:expect 'onReconnect'
            rejoins()
        end
        p:settled()
        assert.equal('', box:names())
    end)

    it('L26 the attempts are counted anew after each session', function()
        joined { maxRetries = 1 }
        for _ = 1, 3 do
            breaks()
            rejoins()
        end
        breaks()
        p:accept()
        p.peer:close()
        box:expect 'onClose'
        box:ends()
    end)

    it('L27 Q19 a slow handshake is one attempt, on one socket', function()
        joined()
        breaks()
        local request = p.listener:request()
        local waited = 0
        local timer
        timer = ev.Timer.new(function()
            waited = waited + 1
            if waited == 10 then
                timer:stop(ev.Loop.default)
                box:on 'ten intervals' ()
            end
        end, 0.01, 0.01)
        timer:start(ev.Loop.default)
        box:expect 'ten intervals'
        assert.equal('', box:names())
        request.peer:agree(request, 'wamp.2.json')
        request.peer:receive()
        request.peer:send(played.WELCOME)
        box:expect 'onReconnectSuccess'
        p.listener.socket:settimeout(0)
        assert.is_nil((p.listener.socket:accept()))
        assert.equal('', box:names())
        request.peer:close()
    end)

    for name, loop in pairs { ['the default loop'] = ev.Loop.default, ['a loop of its own'] = ev.Loop.new() } do
        it('L21 L22 L23 Q16 Q17 the last retry ends in onClose, after all is reset, on ' .. name, function()
            local told = {}
            local function note(what) return function() told[#told + 1] = what end end
            local listener = played.listen()
            local connects = 0
            local own = helper.client { eventLoop = loop, reconnectInterval = 0.01, maxRetries = 3,
                onReconnect = note 'onReconnect', onError = function(err) told[#told + 1] = err.error end }
            own:options { onConnect = function() loop:unloop() end, onClose = function()
                told[#told + 1] = 'onClose'
                assert.same({ code = 0, description = 'Success!', reqId = 0 }, own:getOpStatus())
                connects = connects + 1
                if connects == 1 then own.connect() end
            end }
            own:connect(listener.url)
            local peer = listener:accept 'wamp.2.json'
            peer:receive()
            peer:send(played.WELCOME)
            loop:loop()
            own:publish('t')
            listener:close()
            peer:close()
            loop:loop()
            local retry, refused = 'onReconnect', 'connection refused'
            assert.same({ retry, refused, retry, refused, retry, refused, 'onClose', refused }, told)
        end)
    end

    it('L02 a close frame that is not answered counts as answered after closeTimeout, 3 s', function()
        for _, timeout in ipairs { 0.05, 3 } do
            box = helper.mailbox()
            p = played.joined({ closeTimeout = timeout < 3 and timeout or nil }, nil, box)
            p:say '[6,{},"wamp.close.close_realm"]'
            p.client:poll(20)
            p:expect '[6,{},"wamp.close.goodbye_and_out"]'
            assert.equal(1000, p:heard_close())
            local start = ev.Loop.default:update_now()
            box:expect 'onClose'
            assert.is_true(ev.Loop.default:update_now() - start > timeout * 0.9)
        end
        box:ends()
    end)
end)
