--- One client subscribes to 100,000 topics (or COUNT) and leaves them again, again and again. The last of them take no
-- longer than the first, and the process does not grow with what has come and gone.

local helper = require 'spec.helper'
local process = require 'soak.support.process'

local count = tonumber(os.getenv 'COUNT' or '') or 100000
local step = math.ceil(count / 10)

local client = helper.joined(helper.router():url(), { maxQueuedBytes = math.huge })

local function ignore() end

-- Does something for each number, and waits until all of it is confirmed. Returns the processor time of all threads.
local function for_all(first, last, deed)
    local left, box = last - first + 1, helper.mailbox()
    local done = box:on 'done'
    local callbacks = { onEvent = ignore, onError = box:on 'onError', onSuccess = function()
        left = left - 1
        if left == 0 then done() end
    end }
    local began = os.clock()
    for i = first, last do deed('topic.number.' .. i, callbacks) end
    box:expect 'done'
    return os.clock() - began
end

local function in_steps(name, deed)
    local times = {}
    for i = 1, 10 do times[i] = for_all((i - 1) * step + 1, i * step, deed) end
    print(('%s: %.2f s for the first %d, %.2f s for the last'):format(name, times[1], step, times[10]))
    -- Quadratic time is ten times as much and more.
    assert(times[10] < 5 * times[1] + 0.1, 'the time is not linear')
end

-- Lua's tables and the allocators settle in the first half. What is lost per subscription shows in the second.
local ROUNDS, WARM, LOST = 8, 4, 32
local warm
for round = 1, ROUNDS do
    in_steps('subscribe', function(topic, callbacks) client:subscribe(topic, callbacks) end)
    in_steps('unsubscribe', function(topic, callbacks)
        client:unsubscribe(topic, { onSuccess = callbacks.onSuccess, onError = callbacks.onError })
    end)
    local now = process.measure()
    print(('round %d: %s'):format(round, process.show(now)))
    if round == WARM then warm = now end
end
local grown = (process.measure().memory - warm.memory) * 1024 / ((ROUNDS - WARM) * count)
assert(grown < LOST, ('%.1f bytes are lost with each subscription'):format(grown))
helper.close()
