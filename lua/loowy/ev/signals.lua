-- The signals of one loop: a descriptor that their handlers make readable, and who wants to know.

local native = require 'loowy_core'.ev
local descriptors = require 'loowy.ev.descriptors'

local signals = {}

-- Runs the listeners of every signal that arrived.
local function deliver(loop)
    local wakeup = loop.wakeup
    wakeup:clear()
    for number, listeners in pairs(loop.listeners) do
        if wakeup:take(number) then
            for listener, call in pairs(listeners) do call(listener, loop) end
        end
    end
end

local function open(loop)
    local wakeup, problem = native.wakeup()
    if not wakeup then error('the event loop cannot receive signals: ' .. problem, 0) end
    loop.wakeup, loop.listeners = wakeup, loop.listeners or {}
    descriptors.add_own(loop.fds, wakeup:fd(), deliver)
end

local function watch(loop, number)
    local watched, problem, code = loop.wakeup:watch(number)
    if watched then return true end
    return nil, code == 'EBUSY' and 'another loop watches it' or problem
end

-- Calls `call(listener, loop)` when signal `number` arrives. Returns true, or nil and a message.
function signals.listen(loop, number, listener, call)
    if not loop.wakeup then open(loop) end
    if not loop.listeners[number] then
        local watched, problem = watch(loop, number)
        if not watched then return nil, problem end
        loop.listeners[number] = {}
    end
    loop.listeners[number][listener] = call
    return true
end

-- The last listener gone, the signal does again what it did before.
function signals.ignore(loop, number, listener)
    local listeners = loop.listeners[number]
    listeners[listener] = nil
    if next(listeners) then return end
    loop.listeners[number] = nil
    loop.wakeup:release(number)
end

-- A wakeup of this process' own, after fork(2).
function signals.reopen(loop)
    local former = loop.wakeup
    if not former then return end
    descriptors.remove_own(loop.fds, former:fd())
    for number in pairs(loop.listeners) do former:release(number) end
    open(loop)
    for number in pairs(loop.listeners) do watch(loop, number) end
end

return signals
