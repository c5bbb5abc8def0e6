--- What a client makes of a router that breaks the WebSocket protocol (RFC 6455), and of what is only unusual.

local misbehaving = require 'spec.support.misbehaving'
local wire = require 'spec.support.wire'

local frame = wire.frame

local LIMIT = 1000
local EVENT = '[36,5,1,{},["x"]]'
local BROKEN = 'WebSocket protocol error: …'

-- The router sends the first of the case as it is.
local function send(faulty, case)
    faulty.peer:raw(case[1])
end

-- The same, and an event is among it.
local function send_event(faulty, case)
    send(faulty, case)
    assert.equal('x', faulty.box:expect('event').argsList[1])
end

local function fragments(opcode, ...)
    local parts, result = { ... }, {}
    for i, part in ipairs(parts) do
        result[i] = frame(i == 1 and opcode or 0, part, { fin = i == #parts })
    end
    return table.concat(result)
end

describe('a router that breaks the WebSocket protocol', function()
    local faulty

    local function open(options, format)
        options = options or {}
        options.maxMessageSize = LIMIT
        faulty = misbehaving.beside(options, format)
    end

    after_each(misbehaving.close)

    it('§6.1 frames that no server may send end the connection, which is made again', function()
        open()
        faulty:plays({
            { name = 'reserved bit 1', frame('text', EVENT, { reserved = 4 }), error = BROKEN, close = 1002 },
            { name = 'reserved bit 2', frame('text', EVENT, { reserved = 2 }), error = BROKEN, close = 1002 },
            { name = 'reserved bit 3', frame('ping', '', { reserved = 1 }), error = BROKEN, close = 1002 },
            { name = 'opcode 3', frame(3, EVENT), error = BROKEN, close = 1002 },
            { name = 'opcode 7', frame(7, ''), error = BROKEN, close = 1002 },
            { name = 'opcode 11', frame(11, ''), error = BROKEN, close = 1002 },
            { name = 'opcode 15', frame(15, ''), error = BROKEN, close = 1002 },
            { name = 'masked', frame('text', EVENT, { masked = true }), error = BROKEN, close = 1002 },
            { name = 'a masked ping', frame('ping', '', { masked = true }), error = BROKEN, close = 1002 },
            { name = 'HTTP', 'HTTP/1.1 500 Internal Server Error\r\n' .. ('x'):rep(100), error = BROKEN, close = 1002 },
            { name = 'zeros', ('\0'):rep(64), error = BROKEN, close = 1002 },
            { name = 'ones', ('\255'):rep(64), error = BROKEN, close = 1002 },
        }, send)
    end)

    it('§6.1 fragments in the wrong order end the connection', function()
        open()
        faulty:plays({
            { name = 'continuation of nothing', frame(0, EVENT), error = BROKEN, close = 1002 },
            { name = 'open continuation of nothing', frame(0, EVENT, { fin = false }), error = BROKEN, close = 1002 },
            { name = 'a message inside of another', frame('text', '[36,', { fin = false }) .. frame('text', EVENT),
                error = BROKEN, close = 1002 },
            { name = 'a binary message inside of a text', frame('text', '[36,', { fin = false }) .. frame('binary', ''),
                error = BROKEN, close = 1002 },
            { name = 'one more continuation', fragments('text', '[36,5,1,', '{},["x"]]') .. frame(0, ''),
                error = BROKEN, close = 1002, event = true },
        }, function(_, case)
            return (case.event and send_event or send)(faulty, case)
        end)
    end)

    it('§6.1 control frames that are too long or in fragments end the connection', function()
        open()
        local long = ('x'):rep(126)
        faulty:plays({
            { name = 'long ping', frame('ping', long), error = BROKEN, close = 1002 },
            { name = 'long pong', frame('pong', long), error = BROKEN, close = 1002 },
            { name = 'long close', frame('close', '\3\232' .. long), error = BROKEN, close = 1002 },
            { name = 'fragment of a ping', frame('ping', '', { fin = false }), error = BROKEN, close = 1002 },
            { name = 'fragment of a close', frame('close', '', { fin = false }), error = BROKEN, close = 1002 },
        }, send)
    end)

    it('§6.1 a message beyond maxMessageSize ends the connection with 1009', function()
        open()
        local function too_large(size)
            return ('message too large: %s bytes, the limit is %d'):format(size, LIMIT)
        end
        local half = ('x'):rep(LIMIT / 2)
        faulty:plays({
            { name = 'one too many', frame('text', ('x'):rep(LIMIT + 1)), error = too_large(LIMIT + 1), close = 1009 },
            { name = 'a header alone', frame('text', '', { length = 60000 }), error = too_large(60000), close = 1009 },
            { name = 'a header of 8 bytes', frame('binary', '', { length = 2 ^ 40 }), error = too_large '1099511627776',
                close = 1009 },
            { name = 'the largest length', '\129\127' .. ('\255'):rep(8), error = too_large '18446744073709551615',
                close = 1009 },
            { name = 'the highest bit alone', '\129\127\128' .. ('\0'):rep(7), error = too_large '…', close = 1009 },
            { name = 'fragments', fragments('text', half, half, 'x'), error = too_large(LIMIT + 1), close = 1009 },
            { name = 'fragments that never end', frame('text', half, { fin = false })
                .. frame(0, half, { fin = false }):rep(3), error = too_large '…', close = 1009 },
            { name = 'a large ping', frame('ping', '', { length = 60000 }), error = too_large(60000), close = 1009 },
        }, send)
        local event = ('[36,5,1,{},["x","%s"]]'):format(('y'):rep(LIMIT - 20))
        assert.equal(LIMIT, #event)
        faulty:plays({
            { name = 'just as large', frame('text', event), next = 'goes on' },
            { name = 'the same in fragments', fragments('text', event:sub(1, 500), event:sub(501)), next = 'goes on' },
        }, send_event)
    end)

    it('§6.1 a text that is no UTF-8 ends the connection with 1007', function()
        open()
        local function event(text) return '[36,5,1,{},["x","' .. text .. '"]]' end
        local cases = {}
        for _, text in ipairs { '\255', '\192\128', '\237\160\128', '\244\144\128\128', '\226\130', '\128' } do
            local whole = event(text)
            cases[#cases + 1] = { name = whole, frame('text', whole), error = 'UTF-8 encoding error: …', close = 1007 }
            cases[#cases + 1] = { name = 'in fragments: ' .. whole, fragments('text', whole:sub(1, 18), whole:sub(19)),
                error = 'UTF-8 encoding error: …', close = 1007 }
        end
        cases[#cases + 1] = { name = 'ends within a character', frame('text', '[1,"\226\130'),
            error = 'UTF-8 encoding error: …', close = 1007 }
        faulty:plays(cases, send)
        faulty:plays({
            { name = 'a character in two fragments', fragments('text', '[36,5,1,{},["x","\226', '\130\172"]]'),
                next = 'goes on' },
        }, send_event)
    end)

    it('§6.1 what is unusual but allowed is handled', function()
        open()
        local ping = frame('ping', 'p')
        faulty:plays({
            { name = 'each byte a fragment', fragments('text', EVENT:match(('(.)'):rep(#EVENT))), next = 'goes on' },
            { name = 'empty fragments', frame('text', '', { fin = false }) .. frame(0, '', { fin = false }):rep(1000)
                .. frame(0, EVENT), next = 'goes on' },
            { name = 'an empty last fragment', fragments('text', EVENT, ''), next = 'goes on' },
            { name = 'a length of 2 bytes where none is needed', frame('text', EVENT, { form = 2 }), next = 'goes on' },
            { name = 'a length of 8 bytes where none is needed', frame('text', EVENT, { form = 8 }), next = 'goes on' },
            { name = 'pongs that nobody asked for', frame('pong', 'x'):rep(1000) .. frame('text', EVENT),
                next = 'goes on' },
            { name = 'JSON in a binary frame', frame('binary', EVENT), next = 'goes on' },
            { name = 'space around the message', frame('text', ' \r\n\t' .. EVENT .. '\n '), next = 'goes on' },
        }, send_event)
        faulty:plays({
            { name = 'pings between fragments', frame('text', '[36,5,1,', { fin = false }) .. ping
                .. frame(0, '{},["x', { fin = false }) .. frame('pong', '') .. frame(0, '"]]'), next = 'goes on' },
            { name = 'the longest ping', frame('ping', ('p'):rep(125)) .. frame('text', EVENT), next = 'goes on' },
        }, function(_, case)
            send_event(faulty, case)
            local kind, content = faulty.peer:frame()
            assert.same({ 'pong', case[1]:match 'p+' }, { kind, content })
        end)
    end)

    it('§6.1 bytes one at a time are put together', function()
        open()
        faulty:plays({
            { frame('text', EVENT), next = 'goes on' },
            { frame('text', EVENT, { form = 8 }), next = 'goes on' },
        }, function(_, case)
            faulty.peer:drip(case[1])
            faulty.box:expect 'event'
        end)
        faulty:plays({ { frame('text', 'x', { reserved = 7 }), error = BROKEN, close = 1002 } }, function(_, case)
            faulty.peer:drip(case[1])
        end)
    end)

    it('§9 MessagePack in a text frame counts if it is UTF-8, and not otherwise', function()
        open(nil, 'msgpack')
        faulty:plays({
            { frame('text', '\149$\5\1\128\145\161x'), error = 'UTF-8 encoding error: …', close = 1007 },
            { name = 'text as a message', frame('text', EVENT), violation = 'malformed: not a list' },
        }, send)
    end)

    it('L01 a close frame is echoed, and the connection made again, whatever the frame says', function()
        open()
        local function closing(content, code)
            return { name = ('close %s %d'):format(code, #content), frame('close', content), close = code }
        end
        faulty:plays({
            closing('', 'none'), closing('\3\232', 1000), closing('\3\233bye', 1001), closing('\15\160', 4000),
            closing('\11\184own', 3000), closing('\3\243', 1011), closing('\3\234' .. ('r'):rep(123), 1002),
            -- Codes that may not be sent are answered as what they are.
            closing('\0\0', 1002), closing('\3\231', 1002), closing('\3\237', 1002), closing('\3\238', 1002),
            closing('\3\247', 1002), closing('\7\208', 1002), closing('\255\255', 1002),
        }, send)
    end)

    it('L01 a close frame that is none is an error', function()
        open()
        faulty:plays({
            { name = 'one byte', frame('close', '\3'), error = BROKEN, close = 1002 },
            { name = 'no UTF-8', frame('close', '\3\232\255'), error = 'UTF-8 encoding error: …', close = 1007 },
        }, send)
    end)

    it('L01 nothing counts that comes behind a close frame', function()
        open()
        faulty:plays({
            { frame('close', '\3\232') .. frame('text', EVENT) .. frame(15, ''), close = 1000 },
            { frame('close', '') .. frame('close', '\3\232') .. 'garbage', close = 'none' },
        }, send)
    end)

    it('Q03 a flood of pings is answered, and what follows is heard', function()
        open()
        for round = 1, 20 do
            faulty.peer:raw(frame('ping', tostring(round)):rep(1000))
            faulty:hears_event()
        end
        faulty.client:publish 'the.next'
        local kind, content, last
        repeat
            kind, content = faulty.peer:frame()
            if kind == 'pong' then last = content end
        until kind ~= 'pong'
        assert.truthy(content:find('the.next', 1, true))
        assert.equal('20', last)
        faulty:works()
        faulty.other:works()
    end)
end)
