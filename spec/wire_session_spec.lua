local helper = require 'spec.helper'
local json = require 'loowy.json_serializer'
local loowy = require 'loowy.client'
local played = require 'spec.support.played'

describe('a session on the wire', function()
    after_each(played.close)

    local ROLES = {
        publisher = { features = {
            subscriber_blackwhite_listing = true, publisher_exclusion = true, publisher_identification = true } },
        subscriber = { features = { pattern_based_subscription = true, publication_trustlevels = true } },
        caller = { features = { caller_identification = true, progressive_call_results = true, call_canceling = true,
            call_timeout = true } },
        callee = { features = { caller_identification = true, call_trustlevels = true,
            pattern_based_registration = true, shared_registration = true } },
    }

    it('O09 O12 the HTTP request', function()
        local listener = played.listen()
        local client = helper.client()
        client:connect(listener.url .. 'a/b?c=d&e')
        local request = listener:request()
        assert.equal('GET /a/b?c=d&e HTTP/1.1', request.line)
        local headers = request.headers
        assert.equal(listener.url:match '//(.*)/', headers.host)
        assert.equal('websocket', headers.upgrade)
        assert.equal('Upgrade', headers.connection)
        assert.equal('13', headers['sec-websocket-version'])
        assert.equal('wamp.2.json, wamp.2.msgpack', headers['sec-websocket-protocol'])
        assert.equal(24, #headers['sec-websocket-key'])
        assert.is_nil(headers.origin)
        assert.is_nil(headers['sec-websocket-extensions'])
        local n = 0
        for _ in pairs(headers) do n = n + 1 end
        assert.equal(6, n)
        request.peer:close()
    end)

    it('O09 O12 without a path', function()
        for _, case in ipairs { { 'msgpack', 'wamp.2.msgpack, wamp.2.json' },
            { 'ubjson', 'wamp.2.json, wamp.2.msgpack' }, { 'cbor', 'wamp.2.cbor, wamp.2.json, wamp.2.msgpack' },
            { 5, 'wamp.2.json, wamp.2.msgpack' } } do
            local listener = played.listen()
            local client = helper.client { transportEncoding = case[1] }
            assert.equal(0, client:getOpStatus().code)
            client:connect((listener.url:gsub('/$', '')))
            local request = listener:request()
            assert.equal('GET / HTTP/1.1', request.line)
            assert.equal(case[2], request.headers['sec-websocket-protocol'])
            request.peer:close()
        end
    end)

    it('O13 HELLO', function()
        local p = played.greeted()
        local hello = json.decode(p.hello)
        assert.equal(3, #hello)
        assert.equal(1, hello[1])
        assert.equal('realm1', hello[2])
        assert.same({ agent = 'Loowy/Lua v' .. loowy._VERSION, roles = ROLES }, hello[3])
    end)

    local function details(options)
        local p = played.greeted(options)
        local result = json.decode(p.hello)[3]
        played.close()
        return result, p.hello
    end

    it('O13 O14 O15 custom details', function()
        local roles = { caller = { features = { own = true, call_timeout = false } }, own = { x = 1 } }
        local custom = { agent = 'mine', extra = { 1, 2 }, empty = {}, roles = roles }
        local got, text = details { helloCustomDetails = custom }
        assert.equal('Loowy/Lua v' .. loowy._VERSION, got.agent)
        assert.same({ 1, 2 }, got.extra)
        assert.truthy(text:find('"empty":{}', 1, true))
        assert.same({ x = 1 }, got.roles.own)
        assert.is_true(got.roles.caller.features.own)
        assert.is_true(got.roles.caller.features.call_timeout)
        assert.same({ caller = { features = { own = true, call_timeout = false } }, own = { x = 1 } }, custom.roles)
        for _, none in ipairs { 'text', { 1, 2 }, { roles = { 1, 2 } } } do
            got = details { helloCustomDetails = none }
            assert.same({ agent = 'Loowy/Lua v' .. loowy._VERSION, roles = ROLES }, got)
        end
        got = details { helloCustomDetails = { authid = 'a', authmethods = { 'ticket' } } }
        assert.equal('a', got.authid)
        assert.same({ 'ticket' }, got.authmethods)
        got = details { authid = 'b', authmethods = { 'wampcra' },
            helloCustomDetails = { authid = 'a', authmethods = { 'x', 'y' } } }
        assert.equal('b', got.authid)
        assert.same({ 'wampcra' }, got.authmethods)
        for _, custom_too in ipairs { false, { authid = 'a', authmethods = { 'x' } } } do
            got = details { authid = 'b', helloCustomDetails = custom_too or nil }
            assert.equal('b', got.authid)
            assert.is_nil(got.authmethods)
        end
        got = details { authmethods = { 'wampcra' } }
        assert.is_nil(got.authmethods)
        assert.is_nil(got.authid)
    end)

    it('O11 the answer of the server rules', function()
        for _, case in ipairs { { 'json', 'json', 1 }, { 'msgpack', 'msgpack', 2 }, { 'cbor', 'cbor', 2, 'cbor' },
            { 'msgpack', 'msgpack', 2, 'cbor' } } do
            local listener = played.listen()
            local box = helper.mailbox()
            local client = helper.client {
                transportType = 7, transportEncoding = case[4], onConnect = box:on 'onConnect',
            }
            client:connect(listener.url)
            local peer = listener:accept('wamp.2.' .. case[1])
            peer:receive()
            peer:send(require('loowy.' .. case[1] .. '_serializer').encode { 2, 5, { roles = { broker = {} } } })
            box:expect 'onConnect'
            assert.equal(case[2], client:options().transportEncoding)
            assert.equal(case[3], client:options().transportType)
            peer:close()
            played.close()
        end
    end)

    it('O11 Q23 no or a foreign subprotocol: onError, and nothing hangs', function()
        for _, subprotocol in ipairs { false, 'wamp.2.cbor', 'json', '' } do
            local listener = played.listen()
            local box = helper.mailbox()
            local client = helper.client { onError = box:on 'onError', onClose = box:on 'onClose' }
            client:connect(listener.url)
            local request = listener:request()
            request.peer:agree(request, subprotocol or nil)
            assert.matches('no common serializer', box:expect('onError').error)
            box:ends()
            request.peer:close()
        end
    end)

    it('O12 a status other than 101 is no upgrade', function()
        local listener = played.listen()
        local box = helper.mailbox()
        local client = helper.client { onError = box:on 'onError', onClose = box:on 'onClose' }
        client:connect(listener.url)
        local request = listener:request()
        request.peer:agree(request, 'wamp.2.json', 'HTTP/1.1 200 OK')
        assert.same({ error = 'accept failed' }, box:expect 'onError')
        box:ends()
        request.peer:close()
    end)

    -- The last turn is over when the live table changes.
    local function changed_outside(options, name, value)
        local p = played.joined(options)
        local live = p.client:options()
        p.client:publish('x', nil, p.box:callbacks 'onSuccess')
        p:heard()
        p:told('onSuccess', '[17,1,1]')
        live[name] = value
        p.peer:close()
        return p
    end

    it('O01 changes of the live table outside of callbacks count for the next loss', function()
        local p = changed_outside({ reconnectInterval = 20 }, 'autoReconnect', false)
        p.box:expect 'onClose'
        p = changed_outside({ reconnectInterval = 0.01, autoReconnect = false }, 'autoReconnect', true)
        p.box:expect 'onReconnect'
        p = changed_outside({ reconnectInterval = 20 }, 'reconnectInterval', 0.01)
        p.box:expect 'onReconnect'
    end)

    it('§3.2 a reconnectInterval may be a string that says a number, as numbers may everywhere in Lua', function()
        local p = played.joined { reconnectInterval = '0.01' }
        p.peer:close()
        p.box:expect 'onReconnect'
    end)

    it('O01 a wrong change of the live table is reported', function()
        local stderr, said = io.stderr, {}
        io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end } -- luacheck: ignore 122
        local p = changed_outside({ autoReconnect = false }, 'reconnectInterval', 'soon')
        p.box:expect 'onClose'
        io.stderr = stderr -- luacheck: ignore 122
        p.client:options().reconnectInterval = 2
        assert.matches("^CALLBACK FAILED: option 'reconnectInterval': ", table.concat(said))
    end)
end)
