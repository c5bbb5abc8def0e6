--- Random sequences of what programs do with clients while their router dies and comes back, checked against what a
-- program may rely on. A sequence that breaks a rule is cut down to the steps that matter.
--
-- The rules: each request has one outcome, before `onClose`; each life has one `onClose`, and nothing after it;
-- `onConnect` once in a life; an event reaches each callback that is subscribed, once, in the order of its publisher,
-- and no other; a procedure is called once at most per call. In the end, when all are connected, everybody has the
-- subscriptions and registrations that were asked for.

local ev = require 'ev'
local helper = require 'spec.helper'

local M = {}

local loop = ev.Loop.default

local CLIENTS = 3
local TOPICS = { 't.a', 't.a.b', 't.c' }
local POLICIES = { 'exact', 'exact', 'prefix' }

-- Longer than anything takes on a loaded machine; only a broken rule ever waits for it.
local LIMIT = 20

-- Numbers from 1 to `n`, the same ones for the same seed on every Lua.
local function random(seed)
    local state = seed % 2147483646 + 1
    return function(n)
        state = state * 16807 % 2147483647
        return state % n + 1
    end
end

-- The world ---------------------------------------------------------------------------------------------------------

local World = {}
World.__index = World

--- Notes the first rule that is broken; what runs in a callback cannot raise.
function World:check(holds, rule, ...)
    if not holds and not self.failure then
        self.failure = rule:format(...)
        loop:unloop()
    end
    return holds
end

--- Runs the loop until `ready()` is true or a rule is broken.
function World:run_until(ready, what)
    local expired = false
    local limit = ev.Timer.new(function()
        expired = true
        loop:unloop()
    end, self.limit or LIMIT)
    limit:start(loop, true)
    while not (ready() or expired or self.failure) do loop:loop() end
    limit:stop(loop)
    self:check(ready(), 'waits for ever: %s', what)
    if self.failure then error(self.failure, 0) end
end

--- Runs the loop for some milliseconds.
function World:turn(milliseconds)
    local over = false
    local timer = ev.Timer.new(function()
        over = true
        loop:unloop()
    end, milliseconds / 1000)
    timer:start(loop)
    self:run_until(function() return over end, 'a timer')
    timer:stop(loop)
end

function World:number()
    self.last = self.last + 1
    return self.last
end

-- A client and what is known of it ----------------------------------------------------------------------------------

local Client = {}
Client.__index = Client

-- Everything that a callback does: first what was kept for it, then the loop looks again whether it may go on.
function Client:heard()
    local step = table.remove(self.inside, 1)
    if step then self.world:step(step) end
    loop:unloop()
end

function Client:check(holds, rule, ...)
    return self.world:check(holds, 'client %d: ' .. rule, self.n, ...)
end

-- What fails at the end of a life fails with that text; what the program asks for then is for its next life.
local function is_end(err)
    local text = err.argsList and err.argsList[1]
    return text == 'the connection is closed'
end

--- The callbacks of a request that must have one outcome.
function Client:outcome(what, on_success, on_error)
    local id = self.world:number()
    what = what .. ' (' .. id .. ')'
    self[self.over and 'later' or 'open'][id] = what
    local function over(how)
        self:check(self.open[id] or self.later[id], 'a second outcome of %s: %s', what, how)
        self.open[id], self.later[id] = nil, nil
    end
    return {
        onSuccess = function(...)
            over 'onSuccess'
            if on_success then on_success(...) end
            self:heard()
        end,
        onError = function(err)
            self.over = self.over or is_end(err)
            over('onError ' .. tostring(err.error))
            self:check(type(err.error) == 'string', '%s fails without an error', what)
            if on_error then on_error(err) end
            self:heard()
        end,
    }
end

function Client:forget()
    self.connected, self.ending, self.unsure, self.over = false, false, false, false
    self.subscribed, self.procedures, self.pending = {}, {}, {}
    self.open, self.later = self.later or {}, {}
end

function Client:callbacks()
    return {
        onConnect = function()
            self:check(self.alive and not self.connected, 'onConnect twice, or after onClose')
            self.connected = true
            self:heard()
        end,
        onReconnect = function()
            self:check(self.alive, 'onReconnect after onClose')
            self.unsure = false
            self:heard()
        end,
        onReconnectSuccess = function()
            self:check(self.alive and self.connected, 'onReconnectSuccess without onConnect')
            self.unsure = false
            self:heard()
        end,
        onError = function()
            self:check(self.alive, 'onError after onClose')
            self:heard()
        end,
        onClose = function()
            self:check(self.alive, 'onClose twice')
            local _, open = next(self.open)
            self:check(not open, 'onClose before the outcome of %s', tostring(open))
            self:check(not self.api.getSessionId(), 'a session in onClose')
            self.alive, self.again = self.again, false
            self:forget()
            self:heard()
        end,
    }
end

local function client(world, n)
    local self = setmetatable({ world = world, n = n, inside = {}, removed = {} }, Client)
    self:forget()
    local options = self:callbacks()
    options.reconnectInterval, options.maxRetries, options.retryFirstConnect = 0.01, 100000, true
    options.transportEncoding = n % 2 == 0 and 'msgpack' or 'json'
    self.api = helper.client(options)
    return self
end

--- The subscriptions of a topic: callbacks by their policies.
function Client:of(topic)
    self.subscribed[topic] = self.subscribed[topic] or {}
    return self.subscribed[topic]
end

-- A callback of its own for each subscription. One that is removed by another callback still gets the event of both.
function Client:on_event(topic, policy)
    local seen, last = {}, {}
    local function on_event(event)
        local number, publisher = event.argsList[1], event.argsList[2]
        if self.event ~= number then self.event, self.removed = number, {} end
        local expected = self:of(topic)[on_event] or self.removed[on_event]
        self:check(self.alive and expected, 'an event without a subscription')
        self:check(not seen[number], 'the event %s twice', number)
        self:check(number > (last[publisher] or 0), 'the event %s after %s', number, tostring(last[publisher]))
        local about = event.argsList[3]
        local fits = about == topic or policy == 'prefix' and about:sub(1, #topic) == topic
        self:check(fits, 'an event of %s for %s %s', about, policy, topic)
        seen[number], last[publisher] = true, number
        self.world:count(number)
        self:heard()
    end
    return on_event
end

-- What a program does -----------------------------------------------------------------------------------------------

local steps = {}

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
local function name_of(n, which)
    return ('p.%d.%s'):format(n, which % 3 == 0 and 'fails' or which % 3 == 1 and 'one' or 'two')
end

function Client:rpc(name)
    return function(data)
        local number = data.argsList[1]
        self:check(self.world.called[number], 'call %s is not open, or came twice', number)
        self.world.called[number] = nil
        self:heard()
        if name:find 'fails' then error { error = 'com.fails', argsList = { number } } end
        return { argsList = { number } }
    end
end

function steps.register(self, which)
    local name = name_of(self.n, which)
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
    local name = name_of(self.n, which)
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
    local name, number = name_of(whose % CLIENTS + 1, which), self.world:number()
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

local events = {}

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
function World:step(step)
    local name = step[1]
    if events[name] then return events[name](self, step[2]) end
    return steps[name](self.clients[step[2]], step[3], step[4], step[5])
end

local COMMON = { 'connect', 'subscribe', 'subscribe', 'unsubscribe', 'unsubscribe_one', 'publish', 'publish', 'publish',
    'register', 'register', 'unregister', 'call', 'call', 'call', 'cancel' }
local RARE = { 'disconnect', 'abort', 'kill', 'collect', 'connect' }

local function any_step(draw)
    local kind = draw(10)
    if kind <= 3 then return { 'turn', draw(8) } end
    if kind == 4 and draw(2) == 1 then return { 'start' } end
    if kind == 5 and draw(2) == 1 then
        local name = RARE[draw(#RARE)]
        return events[name] and { name } or { name, draw(CLIENTS) }
    end
    return { COMMON[draw(#COMMON)], draw(CLIENTS), draw(1000), draw(1000), draw(1000) }
end

--- A sequence: everybody connects, then anything may happen.
function M.sequence(seed, length)
    local draw = random(seed)
    local result = {}
    for n = 1, CLIENTS do result[n] = { 'connect', n } end
    for i = CLIENTS + 1, length do
        local step = any_step(draw)
        local mine = not events[step[1]]
        result[i] = mine and draw(8) == 1 and { 'inside', step[2], step } or step
    end
    return result
end

-- The end -----------------------------------------------------------------------------------------------------------

--- An event of the probe has reached somebody.
function World:count(number)
    if self.counted then self.counted[number] = (self.counted[number] or 0) + 1 end
end

function World:settle()
    events.start(self)
    for _, each in ipairs(self.clients) do
        each.inside = {}
        self:run_until(function() return not each.unsure end, 'what abort leads to')
        steps.connect(each)
        self:run_until(function() return not each.ending and each.api.getSessionId() end, 'a session')
    end
    for _, each in ipairs(self.clients) do
        self:run_until(function() return next(each.open) == nil and next(each.later) == nil end, 'an outcome')
    end
end

local function expected_events(self, about)
    local count = 0
    for _, each in ipairs(self.clients) do
        for topic, callbacks in pairs(each.subscribed) do
            for _, policy in pairs(callbacks) do
                local fits = topic == about or policy == 'prefix' and about:sub(1, #topic) == topic
                if fits then count = count + 1 end
            end
        end
    end
    return count
end

--- Makes a request and waits for its outcome: the callback's name and what it was given.
function World:ask(request)
    local outcome, value
    local function over(name)
        return function(given)
            outcome, value = name, given
            loop:unloop()
        end
    end
    request { onSuccess = over 'onSuccess', onError = over 'onError' }
    self:run_until(function() return outcome end, 'an answer')
    return outcome, value
end

--- One publication to each topic reaches all callbacks. What one publisher says comes in its order: when the last event
-- is there, all before it are.
function World:probe_topics()
    local publisher, marks = self.clients[1], 0
    local order = {}
    self.counted = {}
    for _, each in ipairs(self.clients) do
        local function on_event()
            marks = marks + 1
            loop:unloop()
        end
        self:ask(function(callbacks)
            callbacks.onEvent = on_event
            each.api:subscribe('the.end', callbacks)
        end)
    end
    for _, topic in ipairs(TOPICS) do
        local number = self:number()
        order[topic] = number
        publisher.api:publish(topic, { number, publisher.n, topic }, nil, { exclude_me = false })
    end
    publisher.api:publish('the.end', nil, nil, { exclude_me = false })
    self:run_until(function() return marks == CLIENTS end, 'the end')
    for topic, number in pairs(order) do
        local expected, got = expected_events(self, topic), self.counted[number] or 0
        self:check(expected == got, '%s reaches %d callbacks, not %d', topic, got, expected)
    end
end

function World:probe_procedures()
    for _, callee in ipairs(self.clients) do
        for which = 0, 2 do
            local name, number = name_of(callee.n, which), self:number()
            self.called[number] = true
            local outcome, value = self:ask(function(callbacks)
                self.clients[1].api:call(name, { number }, callbacks)
            end)
            local here = outcome == 'onSuccess' or value.error == 'com.fails'
            self:check(here == (callee.procedures[name] or false), '%s is %s', name, here and 'served' or 'gone')
        end
    end
end

function World:close()
    for _, each in ipairs(self.clients) do steps.disconnect(each) end
    for _, each in ipairs(self.clients) do
        self:run_until(function() return not each.alive end, 'onClose')
    end
end

-- Rounds ------------------------------------------------------------------------------------------------------------

local function play(router, sequence, limit)
    local world = setmetatable({ router = router, clients = {}, called = {}, last = 0, limit = limit }, World)
    for n = 1, CLIENTS do world.clients[n] = client(world, n) end
    for _, step in ipairs(sequence) do
        world:step(step)
        if world.failure then error(world.failure, 0) end
    end
    world:settle()
    world:probe_topics()
    world:probe_procedures()
    world:close()
    if world.failure then error(world.failure, 0) end
end

--- Plays a sequence on a router of its own; returns nil, or what is wrong.
function M.play(sequence, limit)
    local router = helper.router_process()
    local ok, message = pcall(play, router, sequence, limit)
    helper.close()
    if not ok then return tostring(message) end
end

local function without(sequence, from, count)
    local result = {}
    for i, step in ipairs(sequence) do
        if i < from or i >= from + count then result[#result + 1] = step end
    end
    return result
end

--- The shortest sequence that is still wrong: halves are left out, then smaller parts, then single steps.
function M.shrink(sequence, limit)
    local size = math.floor(#sequence / 2)
    local tries = 0
    while size >= 1 and tries < 300 do
        local from, shorter = 1, false
        while from <= #sequence do
            local candidate = without(sequence, from, size)
            tries = tries + 1
            if M.play(candidate, limit or 3) then
                sequence, shorter = candidate, true
            else
                from = from + size
            end
        end
        if not shorter or size > 1 then size = math.floor(size / 2) end
    end
    return sequence
end

--- A sequence as text that can be given to `play` again.
function M.show(sequence)
    local function shown(value)
        if type(value) ~= 'table' then return type(value) == 'string' and "'" .. value .. "'" or tostring(value) end
        local parts = {}
        for i, part in ipairs(value) do parts[i] = shown(part) end
        return '{ ' .. table.concat(parts, ', ') .. ' }'
    end
    local lines = {}
    for i, step in ipairs(sequence) do lines[i] = '    ' .. shown(step) .. ',' end
    return '{\n' .. table.concat(lines, '\n') .. '\n}'
end

--- Plays the sequence of that seed; returns nil, or what is wrong and the shortest sequence that shows it.
function M.round(seed, length)
    local sequence = M.sequence(seed, length)
    local wrong = M.play(sequence)
    if not wrong then return nil end
    local shortest = M.shrink(sequence)
    return ('seed %d: %s\n%s'):format(seed, M.play(shortest, 3) or wrong .. ' (not again)', M.show(shortest))
end

return M
