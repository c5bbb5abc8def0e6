--- A WAMP router inside of the program. It routes on a thread of its own: no Lua is needed for that, and no loop.
--
--     local router = require 'loowy.router'.new { listen = 'ws://127.0.0.1:8080/ws', realms = { 'realm1' } }
--     assert(router:start())
--     print(router:url())

local callbacks = require 'loowy.callbacks'
local core = require 'loowy_core'
local loop = require 'loowy.loop.ev'
local questions = require 'loowy.questions'

local Router = {}
Router.__index = Router

--- Starts listening. With callbacks in its configuration the router is looked after by the event loop, which keeps
-- running until the router is stopped; unless `log` is the only one.
-- @return true; or nil and a message that names what is in the way, for example a busy port
function Router:start()
    local ok, message = self.core:start()
    local called = self.callbacks or next(self.on)
    if ok and (called or self.logs) then
        local fd = assert(self.core:fd())
        self.watcher = loop.watch(self.loop or loop.default(), fd, function() self:dispatch() end, not called)
        self.watcher.start()
    end
    return ok, message
end

--- Says goodbye to all sessions and stops listening; the ports are free when it returns. Calls `onLeave` for all of
-- them before.
function Router:stop()
    if self.watcher then self.watcher.stop() end
    self.watcher = nil
    self.core:stop()
    questions.tell_the_rest(self)
end

--- Asks the callbacks what the router wants to know, and returns at once. The event loop does that; a program without
-- one calls it whenever the descriptor of `getfd` is readable.
function Router:dispatch()
    if not questions.answer_all(self) and self.watcher then self.watcher.stop() end
end

--- The descriptor that is readable when `dispatch` has something to do, from one `start` to the next `stop`.
-- @return a number; nil and a message while the router is stopped
function Router:getfd()
    return self.core:fd()
end

--- Reads the files again that the configuration names, so that other users may join; who has joined stays.
-- @return true; or nil and a message that names the file and what is wrong in it: then everything stays as it was
function Router:reload()
    return self.core:reload()
end

--- The URL of the first listener, with the real port where 0 was asked for; nil while the router is stopped.
function Router:url()
    return (self.core:url())
end

--- The URLs of all listeners, in the order of the option `listen`, with their real ports; nil while the router is
-- stopped.
function Router:urls()
    return (self.core:urls())
end

--- What the router holds and has done: `connections`, `refusedConnections`, `sessions`, `receivedMessages`,
-- `sentMessages`, `droppedEvents`, `refusedInvocations`, `droppedSessions`, and `realms`, for each by its name
-- `sessions`, `subscriptions`, `registrations`, `openCalls`, `retainedEvents`, `retainedBytes`, `historyEvents` and
-- `historyBytes`.
-- @return a table; nil while the router is stopped
function Router:stats()
    return (self.core:stats())
end

--- Who is there: a list of tables with `session` (the id), `realm`, `authid`, `authrole`, `authmethod`, `authprovider`,
-- `transport` (a table), `joined` (seconds since 1970) and `droppedEvents`.
-- @param realm its name; all realms if it is left out
-- @return the list; nil while the router is stopped, or when there is no such realm
function Router:sessions(realm)
    return (self.core:sessions(realm))
end

local Realm = {}
Realm.__index = Realm

--- The realm of that name, also before somebody is in it.
-- @return an object with the field `name` and the methods `stats`, `sessions` and `kill`
function Router:realm(name)
    if type(name) ~= 'string' then
        error(("bad argument #1 to 'realm' (string expected, got %s)"):format(type(name)), 2)
    end
    return setmetatable({ core = self.core, name = name }, Realm)
end

--- What `router:stats()` tells of this realm.
-- @return a table; nil while the router is stopped, or when there is no such realm
function Realm:stats()
    local stats = self.core:stats()
    return stats and stats.realms[self.name]
end

--- The same as `router:sessions(name)`.
function Realm:sessions()
    return (self.core:sessions(self.name))
end

--- Ends a session with GOODBYE.
-- @param session its id
-- @param reason a URI, `wamp.close.normal` if it is left out
-- @param message a text for the details of GOODBYE; may be left out
-- @return true; false when there is no such session
function Realm:kill(session, reason, message)
    local ok, killed = pcall(self.core.kill, self.core, self.name, session, reason or 'wamp.close.normal', message)
    if not ok then error(killed, 2) end
    return killed
end

local M = {}

local function to_stderr(level, message)
    io.stderr:write('loowy.router: ', level, ': ', message, '\n')
end

-- The options without those that are for Lua alone, which are the second table.
local function divided(config)
    local own, rest = { log = true, eventLoop = false, onJoin = false, onLeave = false }, {}
    for name, value in pairs(config) do
        if own[name] ~= nil then own[name] = value else rest[name] = value end
    end
    return rest, own
end

--- Makes a router, not yet listening. A mistake in the configuration raises an error that names the key.
function M.new(config)
    if config ~= nil and type(config) ~= 'table' then
        error(("bad argument #1 to 'new' (table expected, got %s)"):format(type(config)), 2)
    end
    if config and #config > 0 then error(("option '1': expected names, got %s"):format(tostring(config[1])), 2) end
    local options, own = divided(config or {})
    local log = own.log == true and to_stderr or own.log
    if type(log) ~= 'function' then error(("option 'log': expected function, got %s"):format(type(log)), 2) end
    if own.eventLoop and not loop.is_loop(own.eventLoop) then
        error(("option 'eventLoop': expected a loop, got %s"):format(type(own.eventLoop)), 2)
    end
    local on = {}
    for _, name in ipairs { 'onJoin', 'onLeave' } do
        if type(own[name]) == 'function' then
            options[name], on[name] = true, own[name]
        elseif own[name] then
            error(("option '%s': expected function, got %s"):format(name, type(own[name])), 2)
        end
    end
    options.log = log ~= to_stderr
    local functions, problem = callbacks.take(options)
    if problem then error(problem, 2) end
    local router, message = core.router(options)
    if not router then error(message, 2) end
    for _, warning in ipairs(router:warnings()) do log('warning', warning) end
    local self = { core = router, on = on, callbacks = functions, log = log, loop = own.eventLoop or nil }
    self.logs = options.log
    return setmetatable(self, Router)
end

return M
