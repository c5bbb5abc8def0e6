--- A client in a session with a router that the spec plays itself: what is said and heard are the bytes of messages,
-- and their notation where the client prefers MessagePack or CBOR (`transportEncoding`).

local helper = require 'spec.helper'
local cbor = require 'spec.support.cbor'
local notation = require 'spec.support.notation'
local wire = require 'spec.support.wire'

local M = {}

local open = {}

--- The formats that a spec plays in.
M.FORMATS = { 'json', 'msgpack', 'cbor' }

M.WELCOME = '[2,100001,{"roles":{"broker":{},"dealer":{}}}]'

local Played = {}
Played.__index = Played

--- What the client said next.
function Played:heard()
    local message = self.peer:receive()
    if self.peer.kind == 'text' then return message end
    return notation.unpack(self.is_cbor and cbor.to_msgpack(message) or message)
end

--- Says that in the name of the router.
function Played:say(...)
    for _, message in ipairs { ... } do
        if self.peer.kind ~= 'text' then message = notation.pack(message) end
        self.peer:send(self.is_cbor and cbor.of_msgpack(message) or message)
    end
end

--- The client's close frame comes next; returns its code.
function Played:heard_close()
    local kind, content = self.peer:frame()
    assert(kind == 'close', kind)
    return content:byte(1) * 256 + content:byte(2)
end

function Played:say_close(code)
    self.peer:send(string.char(math.floor(code / 256), code % 256), 'close')
end

--- Waits for the next connection and its HELLO; `peer` is that connection from then on. The client gets the format that
-- it likes best, or that one.
function Played:accept(subprotocol)
    local request = self.listener:request()
    self.peer = request.peer
    open[#open + 1] = self.peer
    local chosen = subprotocol or request.headers['sec-websocket-protocol']:match '^[^,]+'
    self.is_cbor = chosen == 'wamp.2.cbor'
    self.peer:agree(request, chosen)
    self.hello = self:heard()
end

--- The client's next message is that one, whatever the order of its keys.
function Played:expect(message)
    local heard = self:heard()
    if heard ~= message and notation.sorted(heard) ~= notation.sorted(message) then
        error(('expected %s, heard %s'):format(message, heard), 2)
    end
end

--- The client's next message has that type; returns its number, and the rest of it.
function Played:request(kind)
    local heard = self:heard()
    local number, rest = heard:match(('^%%[%d,(%%d+),(.*)%%]$'):format(kind))
    if not number then error('heard ' .. heard, 2) end
    return tonumber(number), rest
end

--- The client has said nothing: the next message is the one that it is made to say now.
function Played:silent()
    self.client:publish 'the.next'
    local heard = self:heard()
    if not heard:find '^%[16,%d+,{},"the.next"%]$' then error('heard ' .. heard, 2) end
end

--- The client has said nothing, and has taken in all that was said.
function Played:settled()
    local box = helper.mailbox()
    self.client:publish('the.next', nil, box:callbacks 'onSuccess')
    local heard = self:heard()
    local number = heard:match '^%[16,(%d+),{"acknowledge":true},"the.next"%]$' or error('heard ' .. heard, 2)
    self:say(('[17,%s,1]'):format(number))
    box:expect 'onSuccess'
end

--- Says that and waits for the callback of that name; returns what it was given.
function Played:told(name, message)
    self:say(message)
    return self.box:expect(name)
end

--- The code of the last operation.
function Played:code()
    return self.client:getOpStatus().code
end

function M.listen()
    local listener = wire.listen()
    open[#open + 1] = listener
    return listener
end

--- The router behind that listener, for a client of the spec's own: it has accepted nothing yet.
function M.playing(listener, client, box)
    return setmetatable({ listener = listener, box = box, client = client }, Played)
end

--- A client and its router right after HELLO. All callbacks of the session go to `box`.
function M.greeted(options, box)
    local listener = M.listen()
    box = box or helper.mailbox()
    local all = box:callbacks('onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess')
    for k, v in pairs(options or {}) do all[k] = v end
    local client = helper.client(all)
    client:connect(listener.url)
    local self = M.playing(listener, client, box)
    self:accept()
    return self
end

--- The same with a session.
function M.joined(options, welcome, box)
    local self = M.greeted(options, box)
    self:say(welcome or M.WELCOME)
    self.box:expect 'onConnect'
    return self
end

--- Closes what the spec has opened.
function M.close()
    for _, socket in ipairs(open) do socket:close() end
    open = {}
    helper.close()
end

return M
