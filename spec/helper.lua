--- What the specs share: a router on a free port, clients that are closed again, and mailboxes that let a spec wait
-- for the next callback instead of for some time to pass.

local ev = require 'ev'
local loowy = require 'loowy.client'
local process = require 'spec.support.process'
local router = require 'loowy.router'

local M = {}

local unpack = table.unpack or unpack -- luacheck: ignore 143
local loop = ev.Loop.default

-- Longer than anything takes on a loaded machine; only a failing spec ever waits for it.
local LIMIT = 20

local open = { clients = {}, routers = {}, processes = {} }

-- Whether a callback has ended the loop, or the loop has ended because nothing was left to do.
local woken = false

local function wake()
    woken = true
    loop:unloop()
end

--- Runs the loop until `ready()` is true, asking anew after every post to a mailbox.
-- Fails with `what` when the loop has nothing left to do or the limit (in seconds) has passed.
function M.run_until(ready, what, limit)
    local expired = false
    local timer = ev.Timer.new(function()
        expired = true
        loop:unloop()
    end, limit or LIMIT)
    -- The loop counts from when it ran last, which may be long ago.
    loop:update_now()
    timer:start(loop, true)
    repeat
        woken = false
        if not ready() then loop:loop() end
    until ready() or expired or not woken
    timer:stop(loop)
    if not ready() then
        error((expired and 'timed out waiting for ' or 'the loop ended while waiting for ') .. tostring(what), 3)
    end
end

local Mailbox = {}
Mailbox.__index = Mailbox

--- A function that posts its arguments under that name.
function Mailbox:on(name)
    return function(...)
        self[#self + 1] = { name = name, n = select('#', ...), ... }
        wake()
    end
end

--- The callbacks of those names, as a table.
function Mailbox:callbacks(...)
    local result = {}
    for _, name in ipairs { ... } do result[name] = self:on(name) end
    return result
end

--- Waits for the next post; returns its name and arguments.
function Mailbox:next(what)
    M.run_until(function() return self[1] ~= nil end, what or 'any callback')
    local post = table.remove(self, 1)
    return post.name, unpack(post, 1, post.n)
end

--- Waits for the next post, which must have that name; returns its arguments.
function Mailbox:expect(name)
    M.run_until(function() return self[1] ~= nil end, name)
    local post = table.remove(self, 1)
    if post.name ~= name then
        error(('expected %s, got %s(%s)'):format(name, post.name, M.show(post[1])), 2)
    end
    return unpack(post, 1, post.n)
end

--- The loop ends by itself, and nothing more is told.
function Mailbox:ends()
    local expired = false
    local timer = ev.Timer.new(function()
        expired = true
        loop:unloop()
    end, LIMIT)
    timer:start(loop, true)
    repeat
        woken = false
        loop:loop()
    until expired or not woken
    timer:stop(loop)
    if expired then error('the loop does not end', 2) end
    if self[1] then error('the loop ended, but it told ' .. self:names(), 2) end
end

--- The names of what has come so far, joined by spaces.
function Mailbox:names()
    local names = {}
    for i, post in ipairs(self) do names[i] = post.name end
    return table.concat(names, ' ')
end

--- A text for messages.
function M.show(value)
    if type(value) ~= 'table' then return tostring(value) end
    local parts = {}
    for k, v in pairs(value) do parts[#parts + 1] = tostring(k) .. '=' .. M.show(v) end
    table.sort(parts)
    return '{' .. table.concat(parts, ', ') .. '}'
end

function M.mailbox()
    return setmetatable({}, Mailbox)
end

-- Another router of the same kind everywhere, which the specs of the client are to play on.
local elsewhere = os.getenv 'WAMP_URL'

--- A started router on a free port of loopback, stopped after the spec; or, for specs that ask for nothing special,
-- the one at $WAMP_URL.
function M.router(config)
    if elsewhere and not config then
        return { url = function() return elsewhere end, stop = function() end }
    end
    config = config or {}
    config.listen = config.listen or 'ws://127.0.0.1:0/ws'
    config.realms = config.realms or { 'realm1' }
    local instance = router.new(config)
    assert(instance:start())
    open.routers[#open.routers + 1] = instance
    return instance
end

--- A client, not connected, closed after the spec.
function M.client(options)
    options = options or {}
    options.realm = options.realm or 'realm1'
    local client = loowy.new(nil, options)
    open.clients[#open.clients + 1] = client
    return client
end

--- A client with an open session.
function M.joined(url, options)
    options = options or {}
    local box = M.mailbox()
    local then_call = options.onConnect
    options.onConnect = box:on 'onConnect'
    local client = M.client(options)
    client:connect(url)
    box:expect 'onConnect'
    client:options().onConnect = then_call
    return client
end

--- Subscribes and waits for the confirmation.
function M.subscribed(client, topic, on_event, options)
    local box = M.mailbox()
    local callbacks = box:callbacks('onSuccess', 'onError')
    callbacks.onEvent = on_event
    client:subscribe(topic, callbacks, options)
    box:expect 'onSuccess'
end

--- Registers and waits for the confirmation.
function M.registered(client, procedure, rpc, options)
    local box = M.mailbox()
    local callbacks = box:callbacks('onSuccess', 'onError')
    callbacks.rpc = rpc
    client:register(procedure, callbacks, options)
    box:expect 'onSuccess'
end

--- Calls and waits: returns 'onSuccess' or 'onError' and what it was given.
function M.called(client, procedure, payload, options)
    local box = M.mailbox()
    client:call(procedure, payload, box:callbacks('onSuccess', 'onError'), options)
    return box:next('the answer of ' .. procedure)
end

--- Publishes with acknowledgement and waits for it.
function M.published(client, topic, payload, options)
    local box = M.mailbox()
    client:publish(topic, payload, box:callbacks('onSuccess', 'onError'), options)
    return box:next('the acknowledgement of ' .. topic)
end

--- The interpreter that runs the specs, as a command that finds the same modules.
function M.interpreter()
    local lowest = 0
    while arg[lowest - 1] do lowest = lowest - 1 end
    return ("env LUA_PATH='%s' LUA_CPATH='%s' %s"):format(package.path, package.cpath, arg[lowest])
end

--- Runs a program of Lua in a process of its own: returns what it printed, standard error included, and its status.
-- `arguments` and what stands `before` it are for the shell.
function M.run_program(program, arguments, before)
    local path = os.tmpname()
    local file = assert(io.open(path, 'w'))
    file:write(program)
    file:close()
    local pipe = assert(io.popen(('%s %s %s %s 2>&1; echo "status $?"')
        :format(before or '', M.interpreter(), path, arguments or '')))
    local output, status = pipe:read('*a'):match '^(.*)status (%d+)\n$'
    pipe:close()
    os.remove(path)
    return output, tonumber(status)
end

--- Our router in a process of its own, not started (see spec/support/process.lua). `on` is a command that runs another,
-- on another host.
function M.mortal_router(on, url)
    local program = ('echo $$; exec %s %s spec/support/router_process.lua'):format(on or '', M.interpreter())
    return process.new(program, url or 'ws://127.0.0.1:0/ws')
end

--- The same, started, and killed after the spec.
function M.router_process(on, url)
    local instance = M.mortal_router(on, url)
    open.processes[#open.processes + 1] = instance
    instance:start()
    return instance
end

-- On a router that stays the sessions leave in peace and one after the other, callees first: crossbar never forgets the
-- registrations of a callee whose caller has left before it in the middle of a call.
local function leave_in_turn(clients)
    for i = #clients, 1, -1 do
        local client, box = clients[i], M.mailbox()
        client:options().onClose = box:on 'onClose'
        client:disconnect()
        if client:getSessionId() then box:expect 'onClose' end
    end
end

-- A client keeps its descriptors until it is collected, and LuaSocket's `select` takes no high ones.
local MANY = 50
local closed = 0

local function collect(clients)
    closed = closed + clients
    if closed < MANY then return end
    closed = 0
    collectgarbage()
    collectgarbage()
end

--- Closes what the spec has opened; the clients `in_turn` where their router stays.
function M.close(in_turn)
    if elsewhere or in_turn then leave_in_turn(open.clients) end
    for _, client in ipairs(open.clients) do
        client:options { autoReconnect = false, debug = false }
        client:options().onClose = nil
        client:disconnect()
        client:abort()
    end
    for _, instance in ipairs(open.routers) do instance:stop() end
    for _, instance in ipairs(open.processes) do instance:kill() end
    local count = #open.clients
    open.clients, open.routers, open.processes = {}, {}, {}
    loop:loop()
    collect(count)
end

return M
