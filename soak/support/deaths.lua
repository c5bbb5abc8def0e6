--- A router that is killed again and again, at random moments, while two clients work. After each death everything is
-- back, and everything that was asked has had exactly one outcome; after all of them the process is as large as before.

local callback = require 'loowy.callback'
local ev = require 'ev'
local process = require 'soak.support.process'
local random = require 'soak.support.random'
local work = require 'soak.support.work'

local M = {}

local loop = ev.Loop.default

-- What anything may take on a loaded machine, in seconds.
local LIMIT = 120

-- An error in a callback is a failure here.
local failure
callback.report = function(message)
    failure = failure or message
end

local function run_until(ready, what)
    local deadline = os.time() + LIMIT
    local timer = ev.Timer.new(function()
        if failure or ready() or os.time() > deadline then loop:unloop() end
    end, 0.001, 0.001)
    timer:start(loop)
    loop:loop()
    timer:stop(loop)
    if failure then error(failure, 0) end
    if ready() then return end
    error('timed out waiting for ' .. (type(what) == 'function' and what() or what), 0)
end

local Soak = {}
Soak.__index = Soak

-- Works for so many milliseconds.
function Soak:work_for(milliseconds)
    local over = false
    local stop = ev.Timer.new(function() over = true end, milliseconds / 1000)
    local go_on = ev.Timer.new(function() random.of(self.workers):work() end, 0.001, 0.001)
    stop:start(loop)
    go_on:start(loop)
    run_until(function() return over end, 'some time to pass')
    go_on:stop(loop)
end

function Soak:die()
    if random.percent(30) then
        self.router:freeze()
        self:work_for(random.upto(20))
    end
    self.router:kill()
    self:work_for(random.upto(30))
    self.router:begin()
end

-- All that the workers have asked is answered.
function Soak:rest()
    run_until(function()
        for _, worker in ipairs(self.workers) do
            assert(not worker.closed, 'the client gave up')
            if worker.open > 0 or not worker.client:getSessionId() then return false end
        end
        return true
    end, function() return self.workers[1]:unanswered() .. '; ' .. self.workers[2]:unanswered() end)
end

-- An answer on the same connection tells that what was renewed before is known.
function Soak:publish(worker, topic)
    worker.client:publish(topic, nil, worker:ask 'a publication', { exclude_me = false })
end

-- Everything that is to last is there, once.
function Soak:look_around()
    for _, worker in ipairs(self.workers) do self:publish(worker, 'soak.renewed') end
    self:rest()
    for _, worker in ipairs(self.workers) do worker.events, worker.served = { 0, 0, 0 }, 0 end
    local first = self.workers[1]
    for _, topic in ipairs { 'soak.pre.fix', 'soak.any.wild', 'soak.last' } do self:publish(first, topic) end
    for _ = 1, #self.workers do first.client:call('soak.any.wild', nil, first:ask 'a call') end
    self:rest()
    run_until(function()
        for _, worker in ipairs(self.workers) do
            if table.concat(worker.events, ' ') ~= '1 1 1' or worker.served ~= 1 then return false end
        end
        return true
    end, 'what is to last')
end

function Soak:report(round, measured)
    local asked, sessions, failed = 0, 0, {}
    for _, worker in ipairs(self.workers) do
        asked, sessions = asked + worker.asked, sessions + worker.sessions
        for name, count in pairs(worker.failed) do failed[name] = (failed[name] or 0) + count end
    end
    local names = {}
    for name, count in pairs(failed) do names[#names + 1] = ('%d × %s'):format(count, name) end
    table.sort(names)
    print(('%d deaths: %d sessions, %d questions; failed: %s; %s'):format(round, sessions, asked,
        table.concat(names, ', '), process.show(measured)))
    io.stdout:flush()
end

--- Kills the router, a `spec.support.process`, that many times.
function M.run(router, kills)
    router:start()
    local self = setmetatable({ router = router }, Soak)
    self.workers = { work.worker('soak.one', router.url), work.worker('soak.two', router.url) }
    self:rest()
    local warm
    for round = 1, kills do
        self:work_for(random.upto(60))
        self:die()
        if random.percent(20) then
            self:work_for(random.upto(200))
            self:die()
        end
        self:rest()
        router:ready()
        self:look_around()
        if round == math.ceil(kills / 4) then warm = process.measure() end
        if round % 25 == 0 or round == math.ceil(kills / 4) then self:report(round, process.measure()) end
    end
    local now = process.measure()
    process.compare(warm, now)
    for _, worker in ipairs(self.workers) do worker.client:disconnect() end
    run_until(function() return self.workers[1].closed and self.workers[2].closed end, 'onClose')
end

--- The same as a program: how often is in KILLS, or given. The router dies with the program.
function M.main(router, kills)
    kills = tonumber(os.getenv 'KILLS' or '') or kills
    print(('seed %d'):format(random.seed))
    local ok, message = xpcall(function() M.run(router, kills) end, debug.traceback)
    router:kill()
    if ok then return end
    io.stderr:write(tostring(message), '\n')
    os.exit(1)
end

return M
