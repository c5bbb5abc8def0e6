--- A client whose router the spec plays itself, frame by frame.

local helper = require 'spec.helper'
local wire = require 'spec.support.wire'

local M = {}

local CALLBACKS = { 'onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess' }

M.WELCOME = '[2,4711,{"roles":{"broker":{},"dealer":{}}}]'

local Router = {}
Router.__index = Router

--- Waits for the next connection and its HELLO; `peer` is that connection then.
function Router:accept()
    self.peer = self.listener:accept 'wamp.2.json'
    self.hello = self.peer:receive()
end

function Router:say(...)
    for _, message in ipairs { ... } do self.peer:send(message) end
end

--- What the client said next.
function Router:heard()
    return self.peer:receive()
end

--- The client's close frame comes next; returns its code.
function Router:heard_close()
    local kind, content = self.peer:frame()
    assert(kind == 'close', kind)
    return content:byte(1) * 256 + content:byte(2)
end

--- Sends a close frame.
function Router:say_close(code)
    self.peer:send(string.char(math.floor(code / 256), code % 256), 'close')
end

function Router:close()
    self.peer:close()
    self.listener:close()
end

--- A client that says HELLO, with all callbacks in `box`. Returns it and its router.
function M.open(box, options)
    local all = box:callbacks((table.unpack or unpack)(CALLBACKS)) -- luacheck: ignore 143
    all.reconnectInterval = 0.01
    for name, value in pairs(options or {}) do all[name] = value end
    local router = setmetatable({ listener = wire.listen() }, Router)
    local client = helper.client(all)
    client:connect(router.listener.url)
    router:accept()
    return client, router
end

--- The same with an open session.
function M.joined(box, options)
    local client, router = M.open(box, options)
    router:say(M.WELCOME)
    box:expect 'onConnect'
    return client, router
end

return M
