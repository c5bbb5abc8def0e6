-- Events that wait for their callbacks: a stack per priority, the highest priority first.

local pending = {}

local LEVELS = 5                -- MINPRI..MAXPRI as 1..5

-- events of one watcher in one round, merged: the sum for READ and WRITE, otherwise they are equal
local function merged(a, b)
    return (a == b or a == 3) and a or b == 3 and b or a + b
end

function pending.new()
    local queues = { highest = 0, counts = {} }
    for level = 1, LEVELS do
        queues[level], queues.counts[level] = {}, 0
    end
    return queues
end

-- Queues `revents` for a watcher. What is fed last runs first.
function pending.feed(queues, watcher, revents)
    if watcher.pending then
        watcher.revents = merged(watcher.revents, revents)
        return
    end
    local level, counts = watcher.level, queues.counts
    local n = counts[level] + 1
    counts[level], queues[level][n] = n, watcher
    watcher.pending, watcher.pending_in, watcher.revents = n, queues[level], revents
    if level > queues.highest then queues.highest = level end
end

-- Takes a watcher's event back; returns the events, 0 for none.
function pending.clear(watcher)
    local n = watcher.pending
    if not n then return 0 end
    watcher.pending_in[n] = false
    watcher.pending = nil
    return watcher.revents
end

-- Runs the callbacks of everything queued, also of what callbacks queue meanwhile.
function pending.invoke(queues, call, loop)
    local counts = queues.counts
    while queues.highest > 0 do
        local level = queues.highest
        local n, queue = counts[level], queues[level]
        if n == 0 then
            queues.highest = level - 1
        else
            local watcher = queue[n]
            counts[level], queue[n] = n - 1, nil
            if watcher then
                watcher.pending = nil
                call(watcher.callback, loop, watcher.object, watcher.revents)
            end
        end
    end
end

-- Is something queued at `level` or above?
function pending.any_from(queues, level)
    for i = level, queues.highest do
        if queues.counts[i] > 0 then return true end
    end
    return false
end

return pending
