--- The end of a random sequence: all is asked for that must be there then.

local ev = require 'ev'
local steps = require 'spec.support.sequences.steps'
local worlds = require 'spec.support.sequences.world'

local M = {}

local loop = ev.Loop.default

-- Everybody connects, and has the outcomes of what was asked.
local function settle(world)
    steps.of_world.start(world)
    for _, each in ipairs(world.clients) do
        each.inside = {}
        world:run_until(function() return not each.unsure end, 'what abort leads to')
        steps.of_clients.connect(each)
        world:run_until(function() return not each.ending and each.api.getSessionId() end, 'a session')
    end
    for _, each in ipairs(world.clients) do
        world:run_until(function() return next(each.open) == nil and next(each.later) == nil end, 'an outcome')
    end
end

local function expected_events(world, about)
    local count = 0
    for _, each in ipairs(world.clients) do
        for topic, callbacks in pairs(each.subscribed) do
            for _, policy in pairs(callbacks) do
                if worlds.fits(topic, policy, about) then count = count + 1 end
            end
        end
    end
    return count
end

-- One publication to each topic reaches all callbacks. What one publisher says comes in its order: when the last event
-- is there, all before it are.
local function probe_topics(world)
    local publisher, marks = world.clients[1], 0
    local order = {}
    world.counted = {}
    for _, each in ipairs(world.clients) do
        local function on_event()
            marks = marks + 1
            loop:unloop()
        end
        world:ask(function(callbacks)
            callbacks.onEvent = on_event
            each.api:subscribe('the.end', callbacks)
        end)
    end
    for _, topic in ipairs(worlds.TOPICS) do
        local number = world:number()
        order[topic] = number
        publisher.api:publish(topic, { number, publisher.n, topic }, nil, { exclude_me = false })
    end
    publisher.api:publish('the.end', nil, nil, { exclude_me = false })
    world:run_until(function() return marks == worlds.CLIENTS end, 'the end')
    for topic, number in pairs(order) do
        local expected, got = expected_events(world, topic), world.counted[number] or 0
        world:check(expected == got, '%s reaches %d callbacks, not %d', topic, got, expected)
    end
end

local function probe_procedures(world)
    for _, callee in ipairs(world.clients) do
        for which = 0, 2 do
            local name, number = steps.name_of(callee.n, which), world:number()
            world.called[number] = true
            local outcome, value = world:ask(function(callbacks)
                world.clients[1].api:call(name, { number }, callbacks)
            end)
            local here = outcome == 'onSuccess' or value.error == 'com.fails'
            world:check(here == (callee.procedures[name] or false), '%s is %s', name, here and 'served' or 'gone')
        end
    end
end

local function close(world)
    for _, each in ipairs(world.clients) do steps.of_clients.disconnect(each) end
    for _, each in ipairs(world.clients) do
        world:run_until(function() return not each.alive end, 'onClose')
    end
end

--- Checks that everybody has what was asked for; then everybody leaves.
function M.play(world)
    settle(world)
    probe_topics(world)
    probe_procedures(world)
    close(world)
end

return M
