--- The world of a random sequence: its router, its clients, and the first rule that was broken.

local ev = require 'ev'

local M = {}

local loop = ev.Loop.default

--- How many clients there are, and what they talk about.
M.CLIENTS, M.TOPICS = 3, { 't.a', 't.a.b', 't.c' }

-- Longer than anything takes on a loaded machine; only a broken rule ever waits for it.
local LIMIT = 20

--- Whether a subscription of that topic and policy gets what is published about another.
function M.fits(topic, policy, about)
    return about == topic or policy == 'prefix' and about:sub(1, #topic) == topic
end

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

--- An event of the probe has reached somebody.
function World:count(number)
    if self.counted then self.counted[number] = (self.counted[number] or 0) + 1 end
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

--- A world without clients yet. `step(world, step)` takes a step in it.
function M.new(router, step, limit)
    return setmetatable({ router = router, step = step, clients = {}, called = {}, last = 0, limit = limit }, World)
end

return M
