--- A WAMP router inside of the program. It routes on a thread of its own: no Lua is needed for that, and no loop.
--
--     local router = require 'loowy.router'.new { listen = 'ws://127.0.0.1:8080/ws', realms = { 'realm1' } }
--     assert(router:start())
--     print(router:url())

local core = require 'loowy_core'

local Router = {}
Router.__index = Router

--- Starts listening.
-- @return true; or nil and a message that names what is in the way, for example a busy port
function Router:start()
    return self.core:start()
end

--- Says goodbye to all sessions and stops listening; the ports are free when it returns.
function Router:stop()
    self.core:stop()
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

--- What the router holds and has done: `connections`, `sessions`, `receivedMessages`, `sentMessages`, `droppedEvents`,
-- `droppedSessions`, and `realms`, for each by its name `sessions`, `subscriptions`, `registrations`,
-- `openCalls`, `retainedEvents`, `retainedBytes`, `historyEvents` and `historyBytes`.
-- @return a table; nil while the router is stopped
function Router:stats()
    return (self.core:stats())
end

--- Who is there: a list of tables with `session` (the id), `realm`, `authid`, `authrole`, `authmethod`, `authprovider`,
-- `transport` (a table) and `joined` (seconds since 1970).
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
    local own, rest = { log = true }, {}
    for name, value in pairs(config) do
        if own[name] then own[name] = value else rest[name] = value end
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
    local router, message = core.router(options)
    if not router then error(message, 2) end
    for _, warning in ipairs(router:warnings()) do log('warning', warning) end
    return setmetatable({ core = router }, Router)
end

return M
