--- A WAMP client: `require 'loowy.client'`.
--
--     local client = require('loowy.client').new('ws://127.0.0.1:8080/ws', {
--         realm = 'realm1',
--         onConnect = function() … end,
--     })
--
-- Every method may be called with a colon; those without arguments with a dot as well. What happens is told by
-- callbacks, which run from the event loop.

local callback = require 'loowy.callback'
local core = require 'loowy_core'
local dispatch = require 'loowy.dispatch'
local errors = require 'loowy.errors'
local hello = require 'loowy.hello'
local loop = require 'loowy.loop.ev'
local options = require 'loowy.options'
local pubsub = require 'loowy.pubsub'
local rpc = require 'loowy.rpc'
local vardump = require 'loowy.vardump'
local version = require 'loowy.version'

local type, pcall, select, tostring = type, pcall, select, tostring

-- The state of one client, which the closures of its instance share.
local State = {}
State.__index = State

--- Forgets everything that belongs to a connection: after the final close a client is as new. Returns the requests.
-- Where memory runs out, nothing is forgotten.
function State:forget()
    local status, open = errors.status(errors.SUCCESS, 0), self.requests
    local requests, topics, subscriptions, procedures, registrations = {}, {}, {}, {}, {}
    self.status, self.requests, self.sweep_at = status, requests, 256
    self.topics, self.subscriptions = topics, subscriptions
    self.procedures, self.registrations = procedures, registrations
    return open
end

--- The next id for a subscription or registration of this client.
function State:new_id()
    self.last_id = self.last_id + 1
    return self.last_id
end

-- Not everything can be dumped.
local function dumped(value)
    local ok, dump = pcall(vardump.getdump, value)
    return ok and dump or '(' .. type(value) .. ')'
end

--- Prints what the option `debug` asks for: each argument dumped behind a mark.
function State:log(...)
    if self.options.debug ~= true then return end
    local lines = {}
    for i = 1, select('#', ...) do
        lines[#lines + 1] = '[DEBUG] ' .. dumped((select(i, ...))) .. '\n'
    end
    print(table.concat(lines))
end

--- Tells the core the present options. Returns true, or nil and a message that names the option.
function State:configure()
    options.changed(self.options, self.seen)
    local mistake = options.mistake(self.options)
    if mistake then return nil, mistake end
    local settings = options.settings(self.options, self.encodings, hello.details(self.options))
    local ok, message = self.core:configure(settings)
    -- What is ours in the details of HELLO is never wrong.
    return ok, message and message:gsub('^hello%.', 'helloCustomDetails.')
end

--- Merges options in. A wrong one raises an error `level` levels up, and none of them counts.
function State:merge(new, level)
    local before = options.saved(self.options)
    options.merge(self.options, new)
    local encodings, why = options.encodings(self.options.transportEncoding)
    local ok = encodings
    if ok then
        self.encodings = encodings
        ok, why = self:configure()
    end
    if ok then return end
    options.restore(self.options, before)
    self.encodings = options.encodings(before.transportEncoding) or self.encodings
    self:configure()
    error(why, level + 1)
end

--- Starts to watch the client's descriptor from the event loop, which keeps the loop running.
function State:watch()
    if not self.watcher then
        local fd, message = self.core:fd()
        if not fd then error(message, 0) end
        self.watcher = loop.watch(self.loop, fd, function() dispatch.drain(self) end)
    end
    self.watcher.start()
end

--- Tells the core the present options. Nobody can be blamed for a wrong one by now.
function State:reconfigure()
    local ok, why = self:configure()
    if not ok then callback.report(why) end
end

local function take_over(self)
    if options.changed(self.options, self.seen) then self:reconfigure() end
end

--- Takes over what the program has changed in the live table of options. What it changed inside of the tables there
-- counts for the next connection; for the one under way until the loop has begun.
function State:refresh()
    if self.begun == false then
        self.begun = true
        local reachable = self.shared or options.has_tables(self.options, self.no_methods)
        if reachable then callback.run(State.reconfigure, self) end
    elseif self.shared then
        callback.run(take_over, self)
    end
end

--- After callbacks ran: takes over changed options, and lets go of the loop when nothing can come any more. Whether
-- there is something to hear is asked after the state: what fails in the background in between would be missed.
function State:settle()
    self.core:finish()
    self:refresh()
    if self.watcher and self.core:state() == 'idle' and not self.core:finish() then self.watcher.stop() end
end

--- Connects to the URL given last. `configured` says that the core knows the present options.
function State:connect(url, level, configured)
    if url ~= nil then self.url = url end
    if not self.options.realm then
        self.status = errors.status(errors.NO_REALM)
        return
    end
    if self.url == nil then error('no URL to connect to', level + 1) end
    local ok, why = configured, nil
    if not ok then ok, why = self:configure() end
    if ok then ok, why = self.core:connect(tostring(self.url)) end
    if not ok then error(why, level + 1) end
    self.begun = false
    self:watch()
end

-- While nothing but a socket exists, leaving is complete at once and `onClose` runs before the method returns.
function State:leave(how)
    self:refresh()
    local connecting = self.core:state() == 'connecting'
    self.core[how](self.core)
    self.status = errors.status(errors.SUCCESS, errors.status_of(self).reqId)
    if connecting then dispatch.drain(self) end
end

local function check_loop(opts, level)
    local given = type(opts) == 'table' and opts.eventLoop or nil
    if given and not loop.is_loop(given) then
        error(("option 'eventLoop': expected a loop, got %s"):format(type(given)), level + 1)
    end
end

local function new_state(opts)
    local self = setmetatable({ core = core.client(), options = options.defaults(), seen = {}, last_id = 0 }, State)
    self.open = false
    self.encodings = options.encodings(self.options.transportEncoding)
    self.no_methods = self.options.authmethods
    self:forget()
    self.loop = type(opts) == 'table' and opts.eventLoop or loop.default()
    return self
end

local function add_session_methods(client, self)
    function client.options(_, new)
        if new == nil then
            self.shared = true
            return self.options
        end
        if type(new) == 'table' then self:merge(new, 2) end
    end

    function client.getOpStatus() return errors.status_of(self) end

    function client.getSessionId() return (self.core:session()) end

    function client.connect(_, url)
        self:log('connect', url or self.url)
        self:connect(url, 2)
    end

    function client.disconnect()
        self:log 'disconnect'
        self:leave 'disconnect'
    end

    function client.abort()
        self:log 'abort'
        self:leave 'abort'
    end
end

local function add_messaging_methods(client, self)
    function client.subscribe(_, topic, callbacks, opts)
        self:log('subscribe', topic, opts)
        pubsub.subscribe(self, topic, callbacks, opts)
    end

    function client.unsubscribe(_, topic, callbacks, opts)
        self:log('unsubscribe', topic, opts)
        pubsub.unsubscribe(self, topic, callbacks, opts)
    end

    function client.publish(_, topic, payload, callbacks, opts)
        if self.options.debug then self:log('publish', topic, payload, opts) end
        pubsub.publish(self, topic, payload, callbacks, opts)
    end

    function client.call(_, procedure, payload, callbacks, opts)
        if self.options.debug then self:log('call', procedure, payload, opts) end
        rpc.call(self, procedure, payload, callbacks, opts)
    end

    function client.cancel(_, request, callbacks, opts)
        self:log('cancel', request, opts)
        rpc.cancel(self, request, callbacks, opts)
    end

    function client.register(_, procedure, callbacks, opts)
        self:log('register', procedure, opts)
        rpc.register(self, procedure, callbacks, opts)
    end

    function client.unregister(_, procedure, callbacks)
        self:log('unregister', procedure)
        rpc.unregister(self, procedure, callbacks)
    end
end

-- For programs that own their loop.
local function add_polling_methods(client, self)
    --- Waits up to `seconds` (default 0: not at all) for something to happen, then runs the callbacks that are due.
    function client.poll(_, seconds)
        if seconds ~= nil and type(seconds) ~= 'number' then
            error(("bad argument #1 to 'poll' (number expected, got %s)"):format(type(seconds)), 2)
        end
        self.core:wait(seconds or 0)
        dispatch.drain(self)
    end

    --- The descriptor that becomes readable when `poll` has something to do.
    function client.getfd()
        return self.core:fd()
    end
end

local loowy = { _VERSION = version }

--- Makes an instance; with a URL it connects at once.
function loowy.new(url, opts)
    check_loop(opts, 2)
    local self = new_state(opts)
    if type(opts) == 'table' then self:merge(opts, 2) else self:configure() end
    local client = {}
    add_session_methods(client, self)
    add_messaging_methods(client, self)
    add_polling_methods(client, self)
    if url ~= nil then self:connect(url, 2, true) end
    return client
end

return setmetatable(loowy, { __call = function(_, ...) return loowy.new(...) end })
