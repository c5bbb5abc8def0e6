--- A router made of a listening socket and what a spec tells it to say: for the frames themselves, and for routers that
-- misbehave. One peer at a time, on this thread.

local mime = require 'mime'
local socket = require 'socket'

local M = {}

local char, byte, floor = string.char, string.byte, math.floor

local GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
local OPCODES = { [1] = 'text', [2] = 'binary', [8] = 'close', [9] = 'ping', [10] = 'pong', text = 1, binary = 2,
    close = 8, ping = 9, pong = 10 }

-- Only a failing spec waits for it.
local LIMIT = 20

-- Bitwise exclusive or of two bytes, for all Luas.
local function xor(a, b)
    local result, bit = 0, 1
    while a > 0 or b > 0 do
        if a % 2 ~= b % 2 then result = result + bit end
        a, b, bit = floor(a / 2), floor(b / 2), bit * 2
    end
    return result
end

local function unmasked(data, mask)
    local keys = { byte(mask, 1, 4) }
    local position = 0
    return (data:gsub('.', function(c)
        position = position % 4 + 1
        return char(xor(byte(c), keys[position]))
    end))
end

local function accept_key(key)
    local pipe = assert(io.popen(("printf %%s '%s%s' | sha1sum"):format(key, GUID)))
    local digest = pipe:read '*a':match '^%x+'
    pipe:close()
    return (mime.b64((digest:gsub('%x%x', function(pair) return char(tonumber(pair, 16)) end))))
end

local function big_endian(number, bytes)
    local result = {}
    for i = bytes, 1, -1 do
        result[i] = char(number % 256)
        number = floor(number / 256)
    end
    return table.concat(result)
end

local Peer = {}
Peer.__index = Peer

function Peer:take(count)
    return count == 0 and '' or assert(self.socket:receive(count))
end

--- The next frame: its kind and its content.
function Peer:frame()
    local first, second = byte(self:take(2), 1, 2)
    local length = second % 128
    if length >= 126 then
        local bytes = { byte(self:take(length == 126 and 2 or 8), 1, -1) }
        length = 0
        for _, value in ipairs(bytes) do length = length * 256 + value end
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

--- Sends a message, or a frame of that kind.
function Peer:send(content, kind)
    local length = #content
    local size = length < 126 and char(length) or length < 65536 and char(126) .. big_endian(length, 2)
        or char(127) .. big_endian(length, 8)
    assert(self.socket:send(char(128 + OPCODES[kind or self.kind]) .. size .. content))
end

--- Answers a request with the upgrade; without a subprotocol when there is none.
function Peer:agree(request, subprotocol, status)
    self.kind = subprotocol == 'wamp.2.json' and 'text' or 'binary'
    local lines = { status or 'HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
        'Sec-WebSocket-Accept: ' .. accept_key(request.headers['sec-websocket-key']) }
    if subprotocol then lines[#lines + 1] = 'Sec-WebSocket-Protocol: ' .. subprotocol end
    assert(self.socket:send(table.concat(lines, '\r\n') .. '\r\n\r\n'))
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
