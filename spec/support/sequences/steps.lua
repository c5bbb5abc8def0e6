--- The steps of a random sequence: what programs do with their clients, and what happens to the world.

local worlds = require 'spec.support.sequences.world'

local M = { of_clients = {}, of_world = {} }

local CLIENTS, TOPICS = worlds.CLIENTS, worlds.TOPICS
local POLICIES = { 'exact', 'exact', 'prefix' }

-- What a program does -----------------------------------------------------------------------------------------------

local steps = M.of_clients

function steps.connect(self)
    if self.unsure then return end
    if self.ending then
        self.again = true
    else
        self.alive = true
    end
    self.api:connect(self.world.router.url)
end

function steps.disconnect(self)
    if self.alive then self.ending, self.again, self.unsure = true, false, false end
    self.api:disconnect()
end

-- In a session it counts as a lost connection, else as disconnect. Whether there is a session can change at any time:
-- the program sees by what follows which of both it was.
function steps.abort(self)
    if self.ending then self.again = false else self.unsure = self.alive end
    self.api:abort()
end

function steps.subscribe(self, which, policy)
    local topic, match = TOPICS[which % #TOPICS + 1], POLICIES[policy % #POLICIES + 1]
    local on_event = self:on_event(topic, match)
    self.pending[topic] = (self.pending[topic] or 0) + 1
    local pending = self.pending
    local function answered() pending[topic] = pending[topic] - 1 end
    local callbacks = self:outcome('subscribe ' .. topic, function()
        answered()
        self:of(topic)[on_event] = match
    end, answered)
    callbacks.onEvent = on_event
    self.api:subscribe(topic, callbacks, { match = match })
end

-- While a subscription of the topic is not confirmed, nobody knows which of both the router hears first.
function steps.unsubscribe(self, which)
    local topic = TOPICS[which % #TOPICS + 1]
    if (self.pending[topic] or 0) > 0 then return end
    for on_event in pairs(self:of(topic)) do self.removed[on_event] = true end
    self.subscribed[topic] = nil
    self.api:unsubscribe(topic, self:outcome('unsubscribe ' .. topic))
end

function steps.unsubscribe_one(self, which)
    local topic = TOPICS[which % #TOPICS + 1]
    if (self.pending[topic] or 0) > 0 then return end
    local on_event = next(self:of(topic))
    if not on_event then return end
    self:of(topic)[on_event], self.removed[on_event] = nil, true
    self.api:unsubscribe(topic, on_event)
end

function steps.publish(self, which, how)
    local topic, number = TOPICS[which % #TOPICS + 1], self.world:number()
    local callbacks = how % 3 > 0 and self:outcome('publish ' .. number) or nil
    self.api:publish(topic, { number, self.n, topic }, callbacks, { exclude_me = how % 2 == 0 })
end

-- Each client has procedures of its own, one of which fails.
function M.name_of(n, which)
    return ('p.%d.%s'):format(n, which % 3 == 0 and 'fails' or which % 3 == 1 and 'one' or 'two')
end

function steps.register(self, which)
    local name = M.name_of(self.n, which)
    if self.pending[name] then return end
    self.pending[name] = true
    local pending, procedures = self.pending, self.procedures
    local function answered() pending[name] = nil end
    local callbacks = self:outcome('register ' .. name, function()
        answered()
        procedures[name] = true
    end, answered)
    callbacks.rpc = self:rpc(name)
    self.api:register(name, callbacks)
end

function steps.unregister(self, which)
    local name = M.name_of(self.n, which)
    if self.pending[name] then return end
    self.pending[name] = true
    local pending, procedures = self.pending, self.procedures
    local function answered()
        pending[name], procedures[name] = nil, nil
    end
    self.api:unregister(name, self:outcome('unregister ' .. name, answered, answered))
end

local EXPECTED = {}
for _, uri in ipairs { 'no_such_procedure', 'network_failure', 'canceled', 'timeout' } do
    EXPECTED['wamp.error.' .. uri] = true
end

function steps.call(self, whose, which, limit)
    local name, number = M.name_of(whose % CLIENTS + 1, which), self.world:number()
    self.world.called[number] = true
    local fails = name:find 'fails'
    local callbacks = self:outcome('call ' .. name, function(list)
        self:check(not fails and list[1] == number, '%s answers %s to %s', name, tostring(list[1]), number)
    end, function(err)
        local right = EXPECTED[err.error] or fails and err.error == 'com.fails' and err.argsList[1] == number
        self:check(right, '%s: %s', name, err.error)
    end)
    self.api:call(name, { number }, callbacks, { timeout = limit % 4 == 0 and limit or nil })
    self.last_call = self.api.getOpStatus().reqId
end

function steps.cancel(self, which)
    self.api:cancel(self.last_call, {}, { mode = ({ 'skip', 'kill', 'killnowait' })[which % 3 + 1] })
end

-- The next callback does the next step.
function steps.inside(self, step)
    self.inside[#self.inside + 1] = step
end

-- What the world does -----------------------------------------------------------------------------------------------

local events = M.of_world

function events.turn(world, milliseconds)
    world:turn(milliseconds)
end

function events.kill(world)
    world.router:kill()
end

function events.start(world)
    if not world.router.pid then world.router:start() end
end

function events.collect()
    collectgarbage()
end

--- A step is `{ name, client, ... }`, or `{ name, ... }` for what concerns nobody in particular.
function M.take(world, step)
    local name = step[1]
    if events[name] then return events[name](world, step[2]) end
    return steps[name](world.clients[step[2]], step[3], step[4], step[5])
end

return M
