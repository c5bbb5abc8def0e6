--- connect: what it does in each state, and what becomes of the ways in which it fails.

local helper = require 'spec.helper'
local played = require 'spec.support.played'
local statuses = require 'spec.support.statuses'

local status = statuses.status

local CALLBACKS = { 'onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess' }

describe('connect', function()
    local box, client

    before_each(function() box = helper.mailbox() end)
    after_each(played.close)

    local function client_with(options)
        local all = box:callbacks((table.unpack or unpack)(CALLBACKS)) -- luacheck: ignore 143
        all.reconnectInterval = 0.01
        for k, v in pairs(options or {}) do all[k] = v end
        client = helper.client(all)
        return client
    end

    -- Nobody has connected to that listener.
    local function untouched(listener)
        listener.socket:settimeout(0)
        assert.same({ nil, 'timeout' }, { listener.socket:accept() })
        listener.socket:settimeout(20)
    end

    it('K01 without a realm sets status 21, opens no socket, and remembers the URL', function()
        local listener = played.listen()
        client_with { realm = false }
        client:options().realm = nil
        client:connect(listener.url)
        assert.same(status(21), client:getOpStatus())
        box:ends()
        untouched(listener)
        client:options { realm = 'realm1' }
        client:connect()
        listener:request().peer:close()
        box:expect 'onError'
    end)

    it('K01 without a realm: new does the same', function()
        local listener = played.listen()
        local all = box:callbacks((table.unpack or unpack)(CALLBACKS)) -- luacheck: ignore 143
        client = require('loowy.client').new(listener.url, all)
        assert.same(status(21), client:getOpStatus())
        box:ends()
        untouched(listener)
    end)

    it('K02 without any URL raises an error at the line of the caller, and leaves the status', function()
        client_with()
        local before = client:getOpStatus()
        local ok, message = pcall(function() client:connect() end)
        assert.is_false(ok)
        assert.matches('wire_connect_spec.lua:%d+: .*URL', message)
        assert.equal(before, client:getOpStatus())
        box:ends()
    end)

    it('K03 with a malformed URL raises an error that names it', function()
        client_with()
        local before = client:getOpStatus()
        for _, url in ipairs { 'not-a-url', '' } do
            local ok, message = pcall(function() client:connect(url) end)
            assert.is_false(ok)
            assert.matches('wire_connect_spec.lua:%d+: Invalid URL:(.*)$', message)
            assert.equal(url, message:match 'Invalid URL:(.*)$')
        end
        assert.equal(before, client:getOpStatus())
        box:ends()
    end)

    for _, case in ipairs {
        { 'K04 Q21 a foreign scheme', 'http://127.0.0.1:1/', 'http' },
        { 'K04 Q21 another foreign scheme', 'ftp://127.0.0.1:1/', 'ftp' },
        { 'K05 Q21 an unknown host', 'ws://host.invalid/', 'host.invalid' },
    } do
        it(case[1] .. ' is told to onError from the loop; no retry, no onClose, nothing printed', function()
            client_with()
            local original, printed = print, {}
            _G.print = function(...) printed[#printed + 1] = { ... } end
            local ok, message = pcall(function()
                client:connect(case[2])
                assert.equal('', box:names())
                local err = box:expect 'onError'
                assert.matches(case[3], err.error, 1, true)
                box:ends()
            end)
            _G.print = original
            assert(ok, message)
            assert.same({}, printed)
            assert.same(status(0, 0), client:getOpStatus())
        end)
    end

    it('K06 I08 Q22 a refused connection is told to onError from the loop; no retry, no onClose', function()
        local listener = played.listen()
        listener:close()
        client_with()
        client:connect(listener.url)
        assert.equal('', box:names())
        assert.same({ error = 'connection refused' }, box:expect 'onError')
        box:ends()
    end)

    local UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        .. 'Sec-WebSocket-Protocol: wamp.2.json\r\n'

    for what, answer in pairs {
        ['404'] = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
        ['no accept key'] = UPGRADE .. '\r\n',
        ['a wrong accept key'] = UPGRADE .. 'Sec-WebSocket-Accept: x\r\n\r\n',
        ['the accept key of somebody else'] = UPGRADE .. 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    } do
        it('K07 an answer with ' .. what .. ' is told to onError; no retry, no onClose', function()
            local listener = played.listen()
            client_with()
            client:connect(listener.url)
            local request = listener:request()
            assert.equal('', box:names())
            request.peer.socket:send(answer)
            assert.same({ error = 'accept failed' }, box:expect 'onError')
            box:ends()
            untouched(listener)
            request.peer:close()
        end)
    end

    it('K08 Q35 in a session changes nothing', function()
        local p = played.joined({}, nil, box)
        local before = p.client:getOpStatus()
        p.client:connect(p.listener.url)
        p.client.connect()
        assert.equal(before, p.client:getOpStatus())
        p:settled()
        untouched(p.listener)
        assert.equal(100001, p.client:getSessionId())
        assert.equal('', box:names())
    end)

    it('K09 Q35 while connecting, or before the session, changes nothing', function()
        local listener = played.listen()
        client_with()
        local p = played.playing(listener, client, box)
        client:connect(listener.url)
        client:connect(listener.url)
        p:accept()
        assert.matches('^%[1,"realm1",', p.hello)
        client.connect()
        p:told('onConnect', played.WELCOME)
        p:settled()
        untouched(listener)
        assert.equal('', box:names())
    end)

    it('K10 leaves the status as it was', function()
        local listener = played.listen()
        client_with()
        client:publish ''
        local before = client:getOpStatus()
        assert.same(status(1), before)
        client:connect(listener.url)
        assert.equal(before, client:getOpStatus())
        local p = played.playing(listener, client, box)
        p:accept()
        p:told('onConnect', played.WELCOME)
        assert.equal(before, client:getOpStatus())
    end)

    for _, ending in ipairs { 'GOODBYE', 'the loss' } do
        it('K11 Q08 after the end by ' .. ending .. ' is a new life that restores nothing', function()
            local p = played.joined({ autoReconnect = ending == 'GOODBYE' }, nil, box)
            client = p.client
            client:subscribe('t', { onEvent = box:on 'onEvent', onSuccess = box:on 'subscribed' })
            p:expect '[32,1,{},"t"]'
            p:told('subscribed', '[33,1,5]')
            client:register('r', { rpc = box:on 'rpc', onSuccess = box:on 'registered' })
            p:expect '[64,2,{},"r"]'
            p:told('registered', '[65,2,6]')
            if ending == 'GOODBYE' then
                p:say '[6,{},"wamp.close.close_realm"]'
                client:poll(20)
                p:expect '[6,{},"wamp.close.goodbye_and_out"]'
            end
            p.peer:close()
            box:expect 'onClose'
            client.connect()
            local request = p.listener:request()
            assert.equal('wamp.2.json, wamp.2.msgpack', request.headers['sec-websocket-protocol'])
            p.peer = request.peer
            p.peer:agree(request, 'wamp.2.json')
            assert.equal(p.hello, p:heard())
            p:told('onConnect', '[2,7,{"roles":{"broker":{},"dealer":{}}}]')
            assert.equal(7, client:getSessionId())
            client:publish 't'
            p:expect '[16,1,{},"t"]'
            client:unsubscribe 't'
            assert.same(status(7), client:getOpStatus())
            client:unregister 'r'
            assert.same(status(17), client:getOpStatus())
            p:say('[36,5,1,{}]', '[68,1,6,{}]')
            client:poll(20)
            p:expect '[8,68,1,{},"wamp.error.no_such_procedure"]'
            p:settled()
            assert.equal('', box:names())
            p.peer:close()
        end)
    end
end)
