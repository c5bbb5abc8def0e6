--- What each option does, when it is read, and what of it a router hears.

local ev = require 'ev'
local helper = require 'spec.helper'
local json = require 'loowy.json_serializer'
local loowy = require 'loowy.client'
local msgpack = require 'loowy.msgpack_serializer'
local played = require 'spec.support.played'

local loop = ev.Loop.default

local CALLBACKS = { 'onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess' }

-- Calls `fn` with a global `print` that remembers; returns what was printed.
local function printed(fn)
    local print, lines = _G.print, {}
    _G.print = function(...) lines[#lines + 1] = { n = select('#', ...), ... } end -- luacheck: ignore 122
    local ok, message = pcall(fn)
    _G.print = print -- luacheck: ignore 122
    assert(ok, message)
    return lines
end

describe('the option', function()
    after_each(played.close)

    local function details_of(hello)
        return json.decode(hello)[3]
    end

    it('§3.2.1 debug prints each argument behind a mark, and an empty line, while it is true', function()
        local client = loowy.new(nil, { debug = true })
        local function publish() client:publish('x.', { 7 }) end
        local lines = printed(publish)
        assert.equal(1, #lines)
        assert.equal(1, lines[1].n)
        assert.equal('[DEBUG] (string) "publish"\n[DEBUG] (string) "x."\n'
            .. '[DEBUG] (table) \n » [1] = (number) 7\n[DEBUG] nil\n', lines[1][1])
        for _, other in ipairs { 'yes', 1, {}, false } do
            client:options().debug = other
            assert.equal(0, #printed(publish))
        end
        client:options().debug = true
        assert.equal(1, #printed(publish))
    end)

    it('§3.2.2 autoReconnect is read when the connection is lost; anything but false and nil is true', function()
        for _, yes in ipairs { 'yes', 0, {} } do
            local p = played.joined { autoReconnect = false, reconnectInterval = 0.01 }
            p.client:options { autoReconnect = yes }
            p.peer:close()
            p.box:expect 'onReconnect'
            played.close()
        end
        for _, no in ipairs { 'false', 'nil' } do
            local p = played.joined { reconnectInterval = 0.01 }
            p.client:options().autoReconnect = nil
            if no == 'false' then p.client:options { autoReconnect = false } end
            p.peer:close()
            p.box:expect 'onClose'
            p.box:ends()
        end
    end)

    it('§3.2.3 reconnectInterval is the time before each attempt, read when the connection is lost', function()
        local p = played.joined { reconnectInterval = 60, maxRetries = 3 }
        p.client:options { reconnectInterval = 0.05 }
        p.listener:close()
        p.peer:close()
        local last = loop:update_now()
        for _ = 1, 3 do
            p.box:expect 'onReconnect'
            assert.is_true(loop:update_now() >= last + 0.04)
            last = loop:update_now()
            p.box:expect 'onError'
        end
        p.box:expect 'onClose'
        p.box:ends()
    end)

    it('§3.2.3 reconnectInterval = 0 tries again at once, each time', function()
        local p = played.joined { reconnectInterval = 0, maxRetries = 3 }
        for _ = 1, 2 do
            p.peer:close()
            p.box:expect 'onReconnect'
            p:accept()
        end
        p:told('onReconnectSuccess', played.WELCOME)
        p.listener:close()
        p.peer:close()
        for _ = 1, 3 do
            p.box:expect 'onReconnect'
            p.box:expect 'onError'
        end
        p.box:expect 'onClose'
        p.box:ends()
    end)

    it('§3.2.3 a negative reconnectInterval raises an error that names it', function()
        local ok, message = pcall(function() loowy.new(nil, { reconnectInterval = -1 }) end)
        assert.is_false(ok)
        assert.matches("options_spec.lua:%d+: option 'reconnectInterval': .*0 or more", message)
    end)

    it('§3.2.4 maxRetries = 0 closes at once', function()
        local p = played.joined { maxRetries = 0, reconnectInterval = 600 }
        p.peer:close()
        p.box:expect 'onClose'
        p.box:ends()
    end)

    it('§3.2.4 maxRetries is read when the connection is lost and for each attempt', function()
        local p = played.joined { maxRetries = 0, reconnectInterval = 0.01 }
        p.client:options { maxRetries = 50 }
        p.listener:close()
        p.peer:close()
        for _ = 1, 2 do
            p.box:expect 'onReconnect'
            p.box:expect 'onError'
        end
        p.client:options { maxRetries = 1 }
        local name
        repeat name = p.box:next() until name == 'onClose'
        p.box:ends()
    end)

    it('§3.2.5 §3.2.6 transportEncoding and transportType tell what the router chose', function()
        for _, case in ipairs { { 'json', 'msgpack', 2 }, { 'msgpack', 'json', 1 } } do
            local listener, box = played.listen(), helper.mailbox()
            local client = helper.client { transportEncoding = case[1], onConnect = box:on 'onConnect' }
            assert.is_nil(client:options().transportType)
            client:options { transportType = 'mine' }
            client:connect(listener.url)
            local request = listener:request()
            assert.equal(('wamp.2.%s, wamp.2.%s'):format(case[1], case[2]), request.headers['sec-websocket-protocol'])
            request.peer:agree(request, 'wamp.2.' .. case[2])
            request.peer:receive()
            local serializer = case[2] == 'json' and json or msgpack
            request.peer:send(serializer.encode { 2, 5, { roles = { broker = {} } } })
            box:expect 'onConnect'
            assert.equal(case[2], client:options().transportEncoding)
            assert.equal(case[3], client:options().transportType)
            request.peer:close()
        end
    end)

    it('§3.2.5 §3.2.6 they tell so in onChallenge already', function()
        local seen
        local client
        client = helper.client { authid = 'joe', transportEncoding = 'msgpack', onChallenge = function()
            seen = { client:options().transportEncoding, client:options().transportType }
            loop:unloop()
            return 'signature'
        end }
        local listener = played.listen()
        client:connect(listener.url)
        local peer = listener:accept 'wamp.2.json'
        peer:receive()
        peer:send '[4,"ticket",{}]'
        helper.run_until(function() return seen end, 'the challenge')
        assert.same({ 'json', 1 }, seen)
        peer:close()
    end)

    it('§3.2.7 realm: without it connect does nothing but set the status; it is read for each HELLO', function()
        local listener, box = played.listen(), helper.mailbox()
        for _, none in ipairs { 'nil', 'false' } do
            local options = box:callbacks((table.unpack or unpack)(CALLBACKS)) -- luacheck: ignore 143
            if none == 'false' then options.realm = false end
            local client = loowy.new(listener.url, options)
            assert.same({ code = 21, description = 'No realm specified!' }, client:getOpStatus())
            assert.is_false((client:options().realm or false))
            box:ends()
        end
        local p = played.joined { reconnectInterval = 0.01 }
        assert.matches('^%[1,"realm1",', p.hello)
        p.client:options { realm = 'other' }
        p.peer:close()
        p.box:expect 'onReconnect'
        p:accept()
        assert.matches('^%[1,"other",', p.hello)
    end)

    it('O01 O10 the live table is read: realm, authid and details for the next connection', function()
        local p = played.joined { autoReconnect = false }
        p.peer:close()
        p.box:expect 'onClose'
        local live = p.client:options()
        live.realm, live.authid, live.authmethods = 'other', 'joe', { 'ticket' }
        live.helloCustomDetails = { mine = 1 }
        p.client:connect()
        p:accept()
        assert.matches('^%[1,"other",', p.hello)
        local details = details_of(p.hello)
        assert.same({ 'joe', 1 }, { details.authid, details.mine })
        assert.same({ 'ticket' }, details.authmethods)
    end)

    it('§3.2.8 eventLoop is not there by default, and the loop when it is given', function()
        assert.is_nil(loowy.new():options().eventLoop)
        local own = ev.Loop.new()
        local client, closed
        client = helper.client { eventLoop = own, onConnect = function() client:disconnect() end,
            onClose = function() closed = true end }
        assert.equal(own, client:options().eventLoop)
        client:connect(helper.router():url())
        own:loop()
        assert.is_true(closed)
    end)

    it('O04 what is no dictionary is assigned by reference; nil cannot be set', function()
        local client = loowy.new(nil, { foo = 1 })
        local list, marked = { 1 }, setmetatable({}, {})
        client:options { list = list, marked = marked, fn = print, foo = nil }
        assert.equal(list, client:options().list)
        assert.equal(marked, client:options().marked)
        assert.equal(print, client:options().fn)
        assert.equal(1, client:options().foo)
    end)

    it('O06 §3.2.9 helloCustomDetails is the caller\'s table, which nobody changes', function()
        local mine = { first = 1, roles = { caller = { features = { own = true } } } }
        local p = played.joined({ helloCustomDetails = mine, reconnectInterval = 0.01 })
        assert.equal(1, details_of(p.hello).first)
        assert.same({ first = 1, roles = { caller = { features = { own = true } } } }, mine)
        mine.second = 2
        p.peer:close()
        p.box:expect 'onReconnect'
        p:accept()
        local details = details_of(p.hello)
        assert.same({ 1, 2 }, { details.first, details.second })
        p.client:options { helloCustomDetails = { third = 3 } }
        assert.same({ first = 1, second = 2, roles = { caller = { features = { own = true } } } }, mine)
    end)

    it('§3.2.9 helloCustomDetails that is no table is ignored', function()
        for _, wrong in ipairs { 'text', 5, true, print } do
            local p = played.greeted { helloCustomDetails = wrong }
            local names = {}
            for name in pairs(details_of(p.hello)) do names[#names + 1] = name end
            table.sort(names)
            assert.same({ 'agent', 'roles' }, names)
            played.close()
        end
    end)

    it('O08 each merge orders the subprotocols anew; a table or boolean raises an error and changes nothing', function()
        local listener = played.listen()
        local client = helper.client()
        client:options { transportEncoding = 'msgpack' }
        for _, wrong in ipairs { {}, true, false } do
            local ok, message = pcall(function() client:options { transportEncoding = wrong } end)
            assert.is_false(ok)
            assert.matches("options_spec.lua:%d+: option 'transportEncoding'", message)
            assert.equal('msgpack', client:options().transportEncoding)
        end
        for _, case in ipairs { { 'msgpack', 'wamp.2.msgpack, wamp.2.json' }, { 5, 'wamp.2.json, wamp.2.msgpack' } } do
            client:options { transportEncoding = case[1] }
            client:connect(listener.url)
            local request = listener:request()
            assert.equal(case[2], request.headers['sec-websocket-protocol'])
            client:disconnect()
            request.peer:close()
        end
    end)

    it('O10 the offer stays: over reconnects, whatever the router chose, and over the final close', function()
        local OFFER = 'wamp.2.msgpack, wamp.2.json'
        local listener, box, peer = played.listen(), helper.mailbox(), nil
        local options = box:callbacks((table.unpack or unpack)(CALLBACKS)) -- luacheck: ignore 143
        options.transportEncoding, options.reconnectInterval = 'msgpack', 0.01
        local client = helper.client(options)
        local function offered()
            local request = listener:request()
            assert.equal(OFFER, request.headers['sec-websocket-protocol'])
            peer = request.peer
            return request
        end
        local function joins(callback)
            local request = offered()
            peer:agree(request, 'wamp.2.json')
            peer:receive()
            peer:send(played.WELCOME)
            box:expect(callback)
        end
        client:connect(listener.url)
        joins 'onConnect'
        peer:close()
        box:expect 'onReconnect'
        joins 'onReconnectSuccess'
        peer:send '[6,{},"wamp.close.close_realm"]'
        client:poll(20)
        peer:receive()
        peer:send(select(2, peer:frame()), 'close')
        peer:close()
        box:expect 'onClose'
        client:connect()
        offered()
        peer:close()
        client:disconnect()
    end)

    it('O08 a merge takes up what transportEncoding tells by then', function()
        local box = helper.mailbox()
        local options = box:callbacks('onConnect', 'onClose')
        options.transportEncoding, options.autoReconnect = 'msgpack', false
        local p = played.playing(played.listen(), helper.client(options), box)
        p.client:connect(p.listener.url)
        p:accept 'wamp.2.json'
        p:told('onConnect', played.WELCOME)
        assert.equal('json', p.client:options().transportEncoding)
        p.client:options { foo = 1 }
        p.peer:close()
        p.box:expect 'onClose'
        p.client:connect()
        local request = p.listener:request()
        assert.equal('wamp.2.json, wamp.2.msgpack', request.headers['sec-websocket-protocol'])
        request.peer:close()
    end)

    it('O01 autoReconnect of the live table is read when the program aborts a session', function()
        local p = played.joined { reconnectInterval = 0.01 }
        p.client:options().autoReconnect = false
        p.client:abort()
        p:heard_close()
        p.peer:close()
        p.listener.socket:settimeout(0.3)       -- nobody may come, however long the program is busy
        assert.is_nil((p.listener.socket:accept()))
        p.box:expect 'onClose'
        p.box:ends()
    end)

    it('O14 §3.2.10 authid inside of helloCustomDetails goes out, but cannot answer a challenge', function()
        local called = false
        local p = played.greeted { autoReconnect = false, onChallenge = function() called = true end,
            helloCustomDetails = { authid = 'joe', authmethods = { 'ticket' } } }
        assert.equal('joe', details_of(p.hello).authid)
        p:say '[4,"ticket",{}]'
        assert.same({ error = 'No onChallenge callback or authid was provided for authentication!' },
            p.box:expect 'onError')
        assert.equal('wamp.error.cannot_authenticate', json.decode(p:heard())[3])
        assert.is_false(called)
    end)

    it('O16 HELLO in MessagePack: dictionaries are maps, also empty ones', function()
        local listener = played.listen()
        local client = helper.client { helloCustomDetails = { empty = {} } }
        client:connect(listener.url)
        local peer = listener:accept 'wamp.2.msgpack'
        local hello = msgpack.decode(peer:receive())
        peer:close()
        assert.equal(3, #hello)
        assert.same({ 1, 'realm1' }, { hello[1], hello[2] })
        local function maps(value)
            assert.equal('object', getmetatable(value).__jsontype)
            for _, member in pairs(value) do
                if type(member) == 'table' then maps(member) end
            end
        end
        maps(hello[3])
        assert.equal('Loowy/Lua v' .. loowy._VERSION, hello[3].agent)
        assert.is_true(hello[3].roles.callee.features.shared_registration)
        assert.same({}, hello[3].empty)
    end)

    it('§3.2.10 §3.2.11 authid sends authmethods with it, unless they are empty', function()
        local function sent(options)
            local p = played.greeted(options)
            local details = details_of(p.hello)
            played.close()
            return { details.authid, details.authmethods }
        end
        assert.same({}, sent { authmethods = { 'ticket' } })
        assert.same({ 'joe', { 'ticket', 'wampcra' } }, sent { authid = 'joe', authmethods = { 'ticket', 'wampcra' } })
        assert.same({ 'joe' }, sent { authid = 'joe' })
    end)

    it('§3.2.12 onChallenge is read when the challenge comes, and answers it', function()
        local p = played.greeted { authid = 'joe' }
        p.client:options { onChallenge = function(...)
            assert.same({ n = 2, 'ticket', { hint = 1 } }, { n = select('#', ...), ... })
            p.box:on 'onChallenge'()
            return 'signature', 'more'
        end }
        p:told('onChallenge', '[4,"ticket",{"hint":1}]')
        p:expect '[5,"signature",{}]'
        p:told('onConnect', played.WELCOME)
    end)

    it('§3.2.13 §3.2.14 §3.2.16 §3.2.17 the callbacks get no arguments, each at its time', function()
        local p = played.greeted { reconnectInterval = 0.01 }
        p:say(played.WELCOME)
        assert.equal(0, select('#', p.box:expect 'onConnect'))
        assert.equal(100001, p.client:getSessionId())
        p.peer:close()
        assert.equal(0, select('#', p.box:expect 'onReconnect'))
        p:accept()
        p:say(played.WELCOME)
        assert.equal(0, select('#', p.box:expect 'onReconnectSuccess'))
        assert.equal('', p.box:names())
        p.client:options { autoReconnect = false }
        p.peer:close()
        assert.equal(0, select('#', p.box:expect 'onClose'))
        p.box:ends()
    end)

    it('§3.2.15 onError gets one table: error, and details when the router sent some', function()
        local p = played.greeted { autoReconnect = false }
        p:say '[3,{"message":"why"},"wamp.error.no_such_realm"]'
        local got = (function(...) return { n = select('#', ...), ... } end)(p.box:expect 'onError')
        assert.same({ n = 1, { error = 'wamp.error.no_such_realm', details = { message = 'why' } } }, got)
    end)

    it('§3.2.13 §3.2.14 §3.2.15 §3.2.16 §3.2.17 callbacks are read when it happens; what is none is ignored', function()
        for _, nothing in ipairs { 'text', 5, true, {} } do
            local options = { reconnectInterval = 0.01, onChallenge = nothing }
            for _, name in ipairs(CALLBACKS) do options[name] = nothing end
            local p = played.greeted(options)
            p:say(played.WELCOME)
            helper.run_until(function()
                p.client:poll(0.01)
                return p.client:getSessionId()
            end, 'the session')
            p.client:options(p.box:callbacks('onReconnect', 'onReconnectSuccess'))
            p.peer:close()
            p.box:expect 'onReconnect'
            p:accept()
            p:told('onReconnectSuccess', played.WELCOME)
            local live = p.client:options()
            live.onClose, live.autoReconnect = p.box:on 'onClose', false
            p.peer:close()
            p.box:expect 'onClose'
            played.close()
        end
    end)
end)
