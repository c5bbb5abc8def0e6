--- A router made of a listening socket and what a spec tells it to say: for the frames themselves, and for routers that
-- misbehave. One peer at a time, on this thread.

local bytes = require 'spec.support.bytes'
local mime = require 'mime'
local socket = require 'socket'

local M = {}

local char, byte = string.char, string.byte

local GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
local OPCODES = { [1] = 'text', [2] = 'binary', [8] = 'close', [9] = 'ping', [10] = 'pong', text = 1, binary = 2,
    close = 8, ping = 9, pong = 10 }

-- Only a failing spec waits for it.
local LIMIT = 20

local function unmasked(data, mask)
    local keys = { byte(mask, 1, 4) }
    local position = 0
    return (data:gsub('.', function(c)
        position = position % 4 + 1
        return char(bytes.xor(byte(c), keys[position]))
    end))
end

local function accept_key(key)
    return (mime.b64(bytes.sha1(key .. GUID)))
end

local Peer = {}
Peer.__index = Peer

function Peer:take(count)
    return count == 0 and '' or assert(self.socket:receive(count))
end

--- The next frame: its kind and its content.
function Peer:frame(head)
    local first, second = byte(head or self:take(2), 1, 2)
    local length = second % 128
    if length >= 126 then
        length = bytes.counted(self:take(length == 126 and 2 or 8))
    end
    local mask = self:take(4)
    return OPCODES[first % 16], unmasked(self:take(length), mask)
end

--- The content of the next message.
function Peer:receive()
    local kind, content = self:frame()
    assert(kind == self.kind, kind)
    return content
end

--- All frames up to the client's close frame, or to the end of the connection: a list of `{kind, content}`.
function Peer:farewell()
    local frames = {}
    while true do
        local head = self.socket:receive(2)
        if not head then return frames end
        local kind, content = self:frame(head)
        frames[#frames + 1] = { kind, content }
        if kind == 'close' then return frames end
    end
end

--- The bytes of one frame. `options`: `fin` (false for a fragment), `reserved` (0 to 7, the reserved bits), `masked`,
-- `form` (how many bytes the length takes: 0, 2 or 8), `length` (what the header says, where that is not the truth).
function M.frame(opcode, content, options)
    options = options or {}
    local length = options.length or #content
    local form = options.form or length < 126 and 0 or length < 65536 and 2 or 8
    local mark = options.masked and 128 or 0
    local size = form == 0 and char(mark + length)
        or char(mark + (form == 2 and 126 or 127)) .. bytes.big_endian(length, form)
    local first = (options.fin == false and 0 or 128) + (options.reserved or 0) * 16 + (OPCODES[opcode] or opcode)
    return char(first) .. size .. (options.masked and '\0\0\0\0' or '') .. content
end

--- Sends bytes as they are.
function Peer:raw(...)
    for _, sent in ipairs { ... } do assert(self.socket:send(sent)) end
end

--- Sends bytes one by one, each in a packet of its own as far as the kernel lets that be.
function Peer:drip(text)
    for i = 1, #text do self:raw(text:sub(i, i)) end
end

--- Sends a message, or a frame of that kind.
function Peer:send(content, kind)
    self:raw(M.frame(kind or self.kind, content))
end

--- The text of an answer to a request for an upgrade. `changes` replaces headers by their names in lower case (false
-- leaves one out), and the `status`.
function M.answer(request, changes)
    changes = changes or {}
    local lines = { changes.status or 'HTTP/1.1 101 Switching Protocols' }
    for _, header in ipairs {
        { 'Upgrade', 'websocket' }, { 'Connection', 'Upgrade' },
        { 'Sec-WebSocket-Accept', accept_key(request.headers['sec-websocket-key']) },
        { 'Sec-WebSocket-Protocol', 'wamp.2.json' }, { 'Sec-WebSocket-Extensions', false }, { 'Location', false },
    } do
        local value = changes[header[1]:lower()]
        if value == nil then value = header[2] end
        if value then lines[#lines + 1] = header[1] .. ': ' .. value end
    end
    lines[#lines + 1] = changes.more
    return table.concat(lines, '\r\n') .. '\r\n\r\n'
end

--- Answers a request with the upgrade; without a subprotocol when there is none.
function Peer:agree(request, subprotocol, status)
    self.kind = subprotocol == 'wamp.2.json' and 'text' or 'binary'
    self:raw(M.answer(request, { status = status, ['sec-websocket-protocol'] = subprotocol or false }))
end

--- Ends the connection with a reset instead of in order.
function Peer:reset()
    self.socket:setoption('linger', { on = true, timeout = 0 })
    self.socket:close()
end

function Peer:close()
    self.socket:close()
end

local Listener = {}
Listener.__index = Listener

--- Waits for a client's request: its lines, the names of headers in lower case, and the peer to answer.
function Listener:request()
    local connection = assert(self.socket:accept())
    connection:settimeout(LIMIT)
    connection:setoption('tcp-nodelay', true)
    local peer = setmetatable({ socket = connection }, Peer)
    local request = { line = assert(connection:receive '*l'), headers = {}, peer = peer }
    for line in function() return assert(connection:receive '*l') end do
        if line == '' then break end
        local name, value = line:match '^([^:]+): *(.*)$'
        request.headers[name:lower()] = value
    end
    return request
end

--- Waits for a client, and agrees on the subprotocol.
function Listener:accept(subprotocol)
    local request = self:request()
    local peer = request.peer
    peer:agree(request, subprotocol)
    return peer
end

function Listener:close()
    self.socket:close()
end

--- Listens on a free port: `url`, `accept(subprotocol)` and `close()`.
function M.listen()
    local listener = assert(socket.bind('127.0.0.1', 0))
    listener:settimeout(LIMIT)
    local _, port = listener:getsockname()
    return setmetatable({ socket = listener, url = ('ws://127.0.0.1:%d/'):format(port) }, Listener)
end

return M
