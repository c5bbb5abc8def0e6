--- Random sequences of what programs do with clients while their router dies and comes back, checked against what a
-- program may rely on. A sequence that breaks a rule is cut down to the steps that matter.
--
-- The rules: each request has one outcome, before `onClose`; each life has one `onClose`, and nothing after it;
-- `onConnect` once in a life; an event reaches each callback that is subscribed, once, in the order of its publisher,
-- and no other; a procedure is called once at most per call. In the end, when all are connected, everybody has the
-- subscriptions and registrations that were asked for.

local clients = require 'spec.support.sequences.client'
local ending = require 'spec.support.sequences.ending'
local helper = require 'spec.helper'
local steps = require 'spec.support.sequences.steps'
local worlds = require 'spec.support.sequences.world'

local M = {}

local CLIENTS = worlds.CLIENTS
local events = steps.of_world

-- Numbers from 1 to `n`, the same ones for the same seed on every Lua.
local function random(seed)
    local state = seed % 2147483646 + 1
    return function(n)
        state = state * 16807 % 2147483647
        return state % n + 1
    end
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

-- Rounds ------------------------------------------------------------------------------------------------------------

local function play(router, sequence, limit)
    local world = worlds.new(router, steps.take, limit)
    for n = 1, CLIENTS do world.clients[n] = clients.new(world, n) end
    for _, step in ipairs(sequence) do
        world:step(step)
        if world.failure then error(world.failure, 0) end
    end
    ending.play(world)
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
