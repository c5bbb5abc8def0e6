--- A client in a session with a router that the spec plays in either format. What is said and expected is written in
-- JSON; over MessagePack the same values travel, unless a spec gives the bytes.

local core = require 'loowy_core'
local helper = require 'spec.helper'
local played = require 'spec.support.played'
local values = require 'spec.support.values'
local wire = require 'spec.support.wire'

local M = {}

local open = {}

M.FORMATS = { 'json', 'msgpack' }

local Spoken = {}
Spoken.__index = Spoken

--- The bytes of that message in the session's format; `digits` are those of MessagePack where they are not simply the
-- same values.
function Spoken:bytes(text, digits)
    if self.format == 'json' then return text end
    if digits then return values.unhex(digits) end
    local value, message = core.decode('json', text)
    assert(message == nil, message)
    return (assert(core.encode('msgpack', value)))
end

--- Says that in the name of the router.
function Spoken:say(text, digits)
    self.peer:send(self:bytes(text, digits))
end

--- What the client said next, as bytes.
function Spoken:heard()
    return self.peer:receive()
end

-- Bytes as an error shows them.
function Spoken:shown(bytes)
    return self.format == 'json' and bytes or values.hex(bytes)
end

--- The client's next message is that one.
function Spoken:expect(text, digits)
    local expected, heard = self:bytes(text, digits), self:heard()
    if heard ~= expected then error(('expected %s, heard %s'):format(self:shown(expected), self:shown(heard)), 2) end
end

--- The client's next message as a table.
function Spoken:message()
    return (core.decode(self.format, self:heard()))
end

--- Says that and waits for the callback of that name; returns what it was given.
function Spoken:told(name, text, digits)
    self:say(text, digits)
    return self.box:expect(name)
end

--- A client and its router right after HELLO. All callbacks of the session go to `box`.
function M.greeted(format, options)
    local box = helper.mailbox()
    local all = box:callbacks('onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess')
    for k, v in pairs(options or {}) do all[k] = v end
    all.transportEncoding = format
    local listener = wire.listen()
    local client = helper.client(all)
    client:connect(listener.url)
    local peer = listener:accept('wamp.2.' .. format)
    open[#open + 1] = listener
    open[#open + 1] = peer
    local self = setmetatable({ format = format, box = box, client = client, peer = peer, listener = listener }, Spoken)
    self.hello = self:heard()
    return self
end

--- The same with a session.
function M.joined(format, options)
    local self = M.greeted(format, options)
    self:told('onConnect', played.WELCOME)
    return self
end

--- Closes what the spec has opened.
function M.close()
    for _, socket in ipairs(open) do socket:close() end
    open = {}
    helper.close()
end

return M
