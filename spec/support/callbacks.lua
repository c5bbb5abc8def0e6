--- Every kind of callback, as scenes that make one of them run: for programs whose callbacks misbehave.
--
-- A scene is `play(world, callback)`: it makes `callback` run and returns when it has run once. It runs from the loop,
-- or, in a scene that is `direct`, inside of the method that the program calls. In a scene that `answers` the router
-- waits for what the callback returns. What happens afterwards is the spec's business.

local ev = require 'ev'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'

local M = {}

local World = {}
World.__index = World

local REFUSED = 'a..b' -- passes the client's own check, but no router's

--- Starts the routers of all worlds.
function M.routers()
    local credentials = { staticCredentials = { joe = { authrole = 'user', secret = 'secret1' } } }
    return { open = helper.router():url(), guarded = helper.router { wampCRA = credentials }:url() }
end

--- The callback that stands for the program's: it counts, ends the wait of the scene, and then misbehaves.
function World:counted(callback)
    return function(...)
        self.calls = self.calls + 1
        self.wake()
        return callback(...)
    end
end

--- Waits until the callback has run so often.
function World:await(calls)
    helper.run_until(function() return self.calls >= (calls or 1) end, 'the callback')
end

function World:client_with(options)
    options = options or {}
    options.reconnectInterval = 0.001
    options.onConnect = options.onConnect or self.wake
    options.onClose = options.onClose or self.wake
    options.realm = 'realm1'
    self.client = loowy.new(nil, options)
end

function World:connect()
    self.client:connect(self.url)
    helper.run_until(function() return self.client:getSessionId() end, 'the session')
end

function World:join(options)
    self:client_with(options)
    self:connect()
end

local worlds = 0

--- A world in which a scene can be played, with a client of its own. There are so many of them that the descriptors of
-- their clients must not wait for Lua to collect them.
function M.world(routers)
    worlds = worlds + 1
    if worlds % 50 == 0 then collectgarbage() end
    local wake = helper.mailbox():on 'something'
    return setmetatable({ url = routers.open, guarded = routers.guarded, calls = 0, wake = wake }, World)
end

-- The scenes --------------------------------------------------------------------------------------------------------

local function ignore() end

local function option(name, meet)
    return function(world, callback)
        world:client_with { [name] = callback }
        meet(world)
        world:await()
    end
end

local function meet_loss(world)
    world:connect()
    world.client:abort()
end

local function answered(request)
    return function(world, callback)
        world:join()
        request(world, world.client, callback)
        world:await()
    end
end

-- The second of two in a row is refused.
local function twice(method, prepare)
    return answered(function(_, client, callback)
        prepare(client)
        client[method](client, 'a.b')
        client[method](client, 'a.b', { onError = callback })
    end)
end

local function subscribe(client) helper.subscribed(client, 'a.b', ignore) end

local function register(client) helper.registered(client, 'a.b', ignore) end

M.scenes = {
    { name = 'onConnect', play = option('onConnect', function(w) w.client:connect(w.url) end) },
    { name = 'onClose', play = function(world, callback)
        world:join { onClose = callback }
        world.client:disconnect()
        world:await()
    end },
    { name = 'onError', play = option('onError', function(w) w.client:connect 'ws://127.0.0.1:1/' end) },
    { name = 'onReconnect', play = option('onReconnect', meet_loss) },
    { name = 'onReconnectSuccess', play = option('onReconnectSuccess', meet_loss) },
    { name = 'onEvent', play = answered(function(_, client, callback)
        helper.subscribed(client, 'a.b', callback)
        client:publish('a.b', { 1 }, nil, { exclude_me = false })
    end) },
    { name = 'publish onSuccess', play = answered(function(_, client, callback)
        client:publish('a.b', nil, { onSuccess = callback })
    end) },
    { name = 'publish onError', play = answered(function(_, client, callback)
        client:publish(REFUSED, nil, { onError = callback })
    end) },
    { name = 'publish onError of a local mistake', direct = true, play = answered(function(_, client, callback)
        client:publish('a b', nil, { onError = callback })
    end) },
    { name = 'subscribe onSuccess', play = answered(function(_, client, callback)
        client:subscribe('a.b', { onEvent = ignore, onSuccess = callback })
    end) },
    { name = 'subscribe onSuccess of a second callback', direct = true, play = answered(function(_, client, callback)
        subscribe(client)
        client:subscribe('a.b', { onEvent = print, onSuccess = callback })
    end) },
    { name = 'subscribe onError', play = answered(function(_, client, callback)
        client:subscribe(REFUSED, { onEvent = ignore, onError = callback })
    end) },
    { name = 'unsubscribe onSuccess', play = answered(function(_, client, callback)
        subscribe(client)
        client:unsubscribe('a.b', { onSuccess = callback })
    end) },
    { name = 'unsubscribe onError', play = twice('unsubscribe', subscribe) },
    { name = 'register onSuccess', play = answered(function(_, client, callback)
        client:register('a.b', { rpc = ignore, onSuccess = callback })
    end) },
    { name = 'register onError', play = answered(function(_, client, callback)
        client:register(REFUSED, { rpc = ignore, onError = callback })
    end) },
    { name = 'unregister onSuccess', play = answered(function(_, client, callback)
        register(client)
        client:unregister('a.b', { onSuccess = callback })
    end) },
    { name = 'unregister onError', play = twice('unregister', register) },
    { name = 'call onSuccess', play = answered(function(_, client, callback)
        register(client)
        client:call('a.b', nil, callback)
    end) },
    { name = 'call onSuccess of a progressive result', play = answered(function(_, client, callback)
        helper.registered(client, 'a.b', function() return { argsList = { 1 }, options = { progress = true } } end)
        client:call('a.b', nil, { onSuccess = callback }, { receive_progress = true })
    end) },
    { name = 'call onError', play = answered(function(_, client, callback)
        client:call('nobody.there', nil, { onSuccess = ignore, onError = callback })
    end) },
    { name = 'cancel onSuccess', direct = true, play = answered(function(_, client, callback)
        client:call('a.b', nil, ignore)
        client:cancel(client:getOpStatus().reqId, { onSuccess = callback })
    end) },
    { name = 'rpc', answers = true, play = answered(function(world, client, callback)
        helper.registered(client, 'a.b', callback)
        client:call('a.b', nil, {
            onSuccess = function() world.outcome = 'onSuccess' end,
            onError = function(err) world.outcome = err.error end,
        })
    end) },
    { name = 'onChallenge', answers = true, play = function(world, callback)
        world:client_with { authid = 'joe', authmethods = { 'wampcra' }, maxRetries = 0, onChallenge = callback }
        world.client:connect(world.guarded)
        world:await()
    end },
}

-- What follows -------------------------------------------------------------------------------------------------------

--- Lets everything that is under way come to its end: the loop runs until the client is closed.
function World:finish()
    local options = self.client:options()
    options.onConnect, options.onError, options.onReconnect, options.onReconnectSuccess = nil, nil, nil, nil
    self.client:disconnect()
    options.onClose, self.wake = nil, ignore
    ev.Loop.default:loop()
end

--- The same client works as if nothing had been: it joins, subscribes, publishes, hears, calls and leaves.
function World:check_health()
    self:finish()
    local client, box = self.client, helper.mailbox()
    client:options().authid = nil
    client:options { authmethods = {}, maxRetries = 25, onConnect = box:on 'joined', onClose = box:on 'closed' }
    client:connect(self.url)
    box:expect 'joined'
    helper.registered(client, 'health.check', function(data) return { argsList = data.argsList } end)
    assert(helper.called(client, 'health.check', { 1, 2 }) == 'onSuccess')
    helper.subscribed(client, 'health.event', box:on 'event')
    client:publish('health.event', { 'well' }, nil, { exclude_me = false })
    assert(box:expect('event').argsList[1] == 'well')
    client:disconnect()
    box:expect 'closed'
    ev.Loop.default:loop()
    assert(box:names() == '', box:names())
end

--- What is written to standard error while `fn` runs, as a list; with the error of `fn`, if any, as a second result.
function M.reported(fn, ...)
    local stderr, said = io.stderr, {}
    io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end } -- luacheck: ignore 122
    local ok, problem = pcall(fn, ...)
    io.stderr = stderr -- luacheck: ignore 122
    return said, not ok and problem or nil
end

return M
