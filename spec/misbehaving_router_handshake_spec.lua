--- What a client makes of a server that answers the HTTP request for a WebSocket in unusual or wrong ways, or not at
-- all.

local misbehaving = require 'spec.support.misbehaving'
local wire = require 'spec.support.wire'

local PROTOCOL, EXTENSIONS, ACCEPT = 'sec-websocket-protocol', 'sec-websocket-extensions', 'sec-websocket-accept'
local WELCOME = '[2,100001,{"roles":{"broker":{},"dealer":{}}}]'

-- Longer than a connection takes on a loaded machine, where it is not the limit that is waited for.
local SHORT, LONG = 0.2, 20

describe('a server that answers the upgrade', function()
    local faulty

    after_each(misbehaving.close)

    local function open(options)
        faulty = misbehaving.connecting(options)
    end

    local function request()
        local asked = faulty.listener:request()
        asked.peer.kind = 'text'
        faulty.peer = asked.peer
        misbehaving.opened(asked.peer)
        return asked
    end

    -- The first attempt fails: one onError, and the loop ends. The next connect() finds a router.
    local function fails(expected, act)
        open { connectTimeout = expected.limit or LONG }
        act(request())
        local said = faulty.box:expect('onError')
        assert.is_nil(said.details)
        assert.equal(expected[1]:gsub('HOST', (faulty.listener.url:match '//(.*)/')), (said.error))
        misbehaving.idle()
        assert.equal('', faulty.box:names())
        assert.same({ code = 0, description = 'Success!', reqId = 0 }, faulty.client:getOpStatus())
        assert.is_nil(faulty.client:getSessionId())
        faulty.peer:close()
        faulty.client:options { connectTimeout = LONG }
        faulty.client:connect()
        faulty:accept()
        faulty:welcome()
        faulty:works()
        misbehaving.close()
    end

    local function fails_all(cases, act)
        for _, case in ipairs(cases) do
            local ok, message = pcall(fails, case, function(asked) act(asked, case) end)
            local why = type(message) == 'table' and message.message or message
            if not ok then error(('%s: %s'):format(case.name or case.status, tostring(why)), 0) end
        end
    end

    local function answer(asked, case)
        asked.peer:raw(wire.answer(asked, case))
    end

    -- The answer is an upgrade: the session opens.
    local function joins(act)
        open { connectTimeout = LONG }
        act(request())
        faulty:heard(1)
        faulty:welcome()
        faulty:works()
        misbehaving.close()
    end

    it('K07 another status than 101: accept failed', function()
        local cases = {}
        for _, status in ipairs {
            '100 Continue', '200 OK', '204 No Content', '301 Moved Permanently', '302 Found', '307 Temporary Redirect',
            '400 Bad Request', '401 Unauthorized', '403 Forbidden', '404 Not Found', '426 Upgrade Required',
            '429 Too Many Requests', '500 Internal Server Error', '503 Service Unavailable', '999 Own',
        } do
            cases[#cases + 1] = { 'accept failed', status = 'HTTP/1.1 ' .. status, location = 'ws://127.0.0.1:1/' }
        end
        fails_all(cases, answer)
    end)

    it('K07 a missing or a wrong accept key: accept failed', function()
        fails_all({
            { 'accept failed', name = 'none', [ACCEPT] = false },
            { 'accept failed', name = 'empty', [ACCEPT] = '' },
            { 'accept failed', name = 'of another request', [ACCEPT] = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' },
            { 'accept failed', name = 'long', [ACCEPT] = ('s'):rep(5000) },
        }, answer)
    end)

    it('O12 what is no upgrade to a WebSocket is told', function()
        local function failed(why) return 'HOST: WebSocket handshake failed: ' .. why end
        local upgrade = failed 'WebSocket protocol error: No "Upgrade: websocket" header'
        local connection = failed 'WebSocket protocol error: No "Connection: upgrade" header'
        fails_all({
            { upgrade, name = 'no Upgrade', upgrade = false },
            { upgrade, name = 'another Upgrade', upgrade = 'h2c' },
            { connection, name = 'no Connection', connection = false },
            { connection, name = 'another Connection', connection = 'close' },
            { failed 'the server chose an extension that was not offered', name = 'an extension',
                [EXTENSIONS] = 'permessage-deflate' },
            { failed 'WebSocket protocol error: HTTP version must be 1.1 or higher', name = 'HTTP/1.0',
                status = 'HTTP/1.0 101 Switching Protocols' },
            { failed 'Space limit exceeded: Too many headers', name = 'many headers',
                more = ('X: y\r\n'):rep(500) .. 'X: y' },
            { failed 'the answer is too long', name = 'a header that is too long', more = 'X: ' .. ('x'):rep(70000) },
            { failed 'WebSocket protocol error: httparse error: invalid header name', name = 'no header',
                more = '\1\2\3' },
            { failed 'WebSocket protocol error: httparse error: invalid HTTP version', name = 'HTTP/9',
                status = 'HTTP/9.9 101 Switching Protocols' },
        }, answer)
    end)

    it('Q23 no subprotocol, or a foreign one: no common serializer', function()
        local foreign = 'HOST: no common serializer (the server chose one that was not offered)'
        fails_all({
            { 'HOST: no common serializer (the server chose none)', name = 'none', [PROTOCOL] = false },
            { foreign, name = 'empty', [PROTOCOL] = '' },
            { foreign, name = 'cbor', [PROTOCOL] = 'wamp.2.cbor' },
            { foreign, name = 'in batches', [PROTOCOL] = 'wamp.2.json.batched' },
            { foreign, name = 'upper case', [PROTOCOL] = 'WAMP.2.JSON' },
            { foreign, name = 'both', [PROTOCOL] = 'wamp.2.json, wamp.2.msgpack' },
            { foreign, name = 'mqtt', [PROTOCOL] = 'mqtt' },
            { foreign, name = 'no text', [PROTOCOL] = 'wamp.2.json\255' },
        }, answer)
    end)

    it('O12 what is no HTTP is told at once', function()
        local cases = {}
        for _, garbage in ipairs {
            'SSH-2.0-OpenSSH_9.2p1\r\n', '\22\3\1\0\2', '220 mail ESMTP\r\n\r\n', ('\0'):rep(100),
            '\129\17[36,5,1,{},["x"]]', 'HTTP/2 101\r\n', 'GET / HTTP/1.1\r\n\r\n', ('x'):rep(100000),
        } do
            cases[#cases + 1] = { 'HOST: WebSocket handshake failed: …', name = garbage:sub(1, 20), send = garbage }
        end
        for _, case in ipairs(cases) do
            open { connectTimeout = LONG }
            request().peer.socket:send(case.send)
            assert.matches('WebSocket handshake failed: ', faulty.box:expect('onError').error, 1, true)
            misbehaving.idle()
            assert.equal('', faulty.box:names())
            misbehaving.close()
        end
    end)

    it('O12 a server that is gone before the answer is complete is told', function()
        local closed = 'HOST: WebSocket handshake failed: the server closed the connection'
        local reset = 'HOST: Connection reset by peer (os error 104)'
        local cases = {}
        for _, length in ipairs { 0, 1, 7, 30, 100, 'all but the last byte' } do
            cases[#cases + 1] = { closed, name = 'closed after ' .. length, length = length, how = 'close' }
            cases[#cases + 1] = { reset, name = 'reset after ' .. length, length = length, how = 'reset' }
        end
        fails_all(cases, function(asked, case)
            local text = wire.answer(asked)
            asked.peer:raw(text:sub(1, tonumber(case.length) or -2))
            asked.peer[case.how](asked.peer)
        end)
    end)

    it('O12 a server that never ends its answer is given up after connectTimeout', function()
        local late = 'HOST: no connection within 0.2 s'
        fails_all({
            { late, name = 'no answer', limit = SHORT, send = '' },
            { late, name = 'the beginning', limit = SHORT, send = 'HTTP/1.1 1' },
            { late, name = 'a line', limit = SHORT, send = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: web' },
            { late, name = 'empty lines', limit = SHORT, send = '\r\n\r\n\r\n' },
            { 'HOST: WebSocket handshake failed: the answer is too long', name = 'endless headers',
                send = 'HTTP/1.1 101 Switching Protocols\r\n' .. ('X: y\r\n'):rep(20000) },
            { 'HOST: WebSocket handshake failed: the answer is too long', name = 'endless empty lines',
                send = ('\r\n'):rep(50000) },
        }, function(asked, case)
            asked.peer.socket:send(case.send)
        end)
    end)

    it('O12 an answer may come in pieces', function()
        joins(function(asked) asked.peer:drip(wire.answer(asked)) end)
        joins(function(asked) asked.peer:drip(wire.answer(asked, { more = 'X: ' .. ('x'):rep(2000) })) end)
        joins(function(asked)
            local text = wire.answer(asked, { more = 'X-Long: ' .. ('x'):rep(60000) })
            for i = 1, #text, 997 do asked.peer:raw(text:sub(i, i + 996)) end
        end)
    end)

    it('O12 an answer may be worded in other ways', function()
        for _, changes in ipairs {
            { upgrade = 'WebSocket' }, { upgrade = 'h2c, websocket' }, { connection = 'upgrade' },
            { connection = 'keep-alive, Upgrade' }, { connection = 'UPGRADE,close' }, { status = 'HTTP/1.1 101 ' },
            { status = 'HTTP/1.1 101' }, { status = 'HTTP/1.1 101 Own words' }, { [EXTENSIONS] = '' },
            { connection = 'keep-alive', more = 'connection: upgrade' },
            { more = ('X: y\r\n'):rep(100) .. 'X: \255' }, { status = '\r\nHTTP/1.1 101 Switching Protocols' },
        } do
            joins(function(asked) answer(asked, changes) end)
        end
        joins(function(asked) asked.peer:raw((wire.answer(asked):gsub('\r', ''))) end)
    end)

    it('§6.1 what comes right behind the answer counts', function()
        open()
        local asked = request()
        asked.peer:raw(wire.answer(asked) .. wire.frame('text', WELCOME))
        faulty.box:expect 'onConnect'
        assert.equal(100001, faulty.client:getSessionId())
        misbehaving.close()
        for bytes, expected in pairs {
            [wire.frame('text', 'x')] = 'wamp.error.protocol_violation',
            [('\255'):rep(20)] = 'WebSocket protocol error: ',
        } do
            open { reconnectInterval = 0.001 }
            asked = request()
            asked.peer:raw(wire.answer(asked) .. bytes)
            assert.matches('^' .. expected, faulty.box:expect('onError').error)
            asked.peer:close()
            faulty.box:expect 'onReconnect'
            misbehaving.close()
        end
    end)

    it('§7.4 L21 of a lost session, the attempts go on until one succeeds', function()
        faulty = misbehaving.joined()
        faulty.peer:reset()
        for _, case in ipairs {
            { 'accept failed', { status = 'HTTP/1.1 503 Service Unavailable' } },
            { 'accept failed', { [ACCEPT] = 'x' } }, { 'no common serializer', { [PROTOCOL] = 'mqtt' } },
            { 'No "Upgrade', { upgrade = false } }, { 'the answer is too long', { more = ('x'):rep(70000) } },
        } do
            faulty.box:expect 'onReconnect'
            local asked = request()
            answer(asked, case[2])
            assert.matches(case[1], faulty.box:expect('onError').error, 1, true)
        end
        faulty:reconnects()
    end)
end)
