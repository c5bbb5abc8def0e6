-- What a loop does in one round: sleep, collect what happened, run the callbacks.
-- This is the state behind the objects of `loowy.ev.loop`.

local native = require 'loowy_core'.ev
local callback = require 'loowy.ev.callback'
local descriptors = require 'loowy.ev.descriptors'
local files = require 'loowy.ev.files'
local heap = require 'loowy.ev.heap'
local pending = require 'loowy.ev.pending'
local signals = require 'loowy.ev.signals'

local core = {}

local TIMEOUT, IDLE, ASYNC = 256, 8192, 524288
local CLOCK_CHECK = 0.5             -- seconds after which the wall clock is compared with the monotonic one again
local FORKED = 'ECHILD'             -- the poller belongs to the parent process
local NOW = 0                       -- a deadline that has always passed

local dispatch, feed, invoke = descriptors.dispatch, pending.feed, pending.invoke
local monotonic, wallclock = native.monotonic, native.wallclock

function core.open(loop, backend)
    loop.fds = descriptors.new(backend)
    loop.queues = pending.new()
    loop.active = {}                -- active watchers: keeps them alive
    loop.count = 0                  -- of those that are no daemons
    loop.timers = {}                -- a heap
    loop.started = 0                -- timers so far
    loop.idles = {}                 -- per level
    loop.idle_count = 0
    loop.asyncs = {}                -- that were sent
    loop.iterations, loop.depth, loop.unlooped = 0, 0, false
    loop.monotonic, loop.checked = 0, -math.huge
    core.update_clock(loop, monotonic())
end

-- The wall clock is read now and then; in between it moves with the monotonic one.
function core.update_clock(loop, now)
    loop.monotonic = now
    if now - loop.checked > CLOCK_CHECK then
        loop.checked, loop.wall_offset = now, wallclock() - now
    end
end

function core.refresh_clock(loop)
    loop.checked = -math.huge
    core.update_clock(loop, monotonic())
end

function core.now(loop)
    return loop.wall_offset + loop.monotonic
end

-- Marks a watcher as started: the loop holds it, and lives for it unless it is a daemon.
function core.hold(loop, watcher, is_daemon)
    watcher.loop, watcher.is_active, watcher.is_daemon = loop, true, is_daemon
    loop.active[watcher] = true
    if not is_daemon then loop.count = loop.count + 1 end
end

function core.release(watcher)
    local loop = watcher.loop
    watcher.is_active = false
    loop.active[watcher] = nil
    if not watcher.is_daemon then loop.count = loop.count - 1 end
end

-- Timers. `watcher.at` is when it is due on the monotonic clock.

function core.start_timer(loop, watcher, seconds)
    loop.started = loop.started + 1
    watcher.at, watcher.order = loop.monotonic + seconds, loop.started
    heap.push(loop.timers, watcher)
end

function core.stop_timer(loop, watcher)
    if watcher.index then heap.remove(loop.timers, watcher) end
end

local function renew(loop, watcher)
    watcher.at = math.max(watcher.at + watcher.interval, loop.monotonic)
    heap.push(loop.timers, watcher)
end

local function take_due(loop)
    local due, first = {}, loop.timers[1]
    while first and first.at <= loop.monotonic do
        heap.remove(loop.timers, first)
        due[#due + 1] = first
        first = loop.timers[1]
    end
    return due
end

local function expire(loop, watcher)
    if watcher.interval > 0 then renew(loop, watcher) end
    if watcher.on_expiry then return watcher.on_expiry(loop) end
    if watcher.interval == 0 then core.release(watcher) end
    feed(loop.queues, watcher, TIMEOUT)
end

local function expire_timers(loop)
    local first = loop.timers[1]
    if not first or first.at > loop.monotonic then return end
    local due = take_due(loop)
    for i = #due, 1, -1 do expire(loop, due[i]) end
end

-- Idle watchers run when nothing of their priority or above is pending.
local function feed_idles(loop)
    for level = 5, 1, -1 do
        if pending.any_from(loop.queues, level) then return end
        local idles = loop.idles[level]
        if idles and next(idles) then
            for watcher in pairs(idles) do feed(loop.queues, watcher, IDLE) end
            return
        end
    end
end

-- Asyncs that were sent since the last round; `asyncs` lists them once each.
local function feed_asyncs(loop)
    local asyncs = loop.asyncs
    if #asyncs == 0 then return end
    loop.asyncs = {}
    for i = #asyncs, 1, -1 do
        local watcher = asyncs[i]
        if watcher.was_sent then
            watcher.was_sent = false
            feed(loop.queues, watcher, ASYNC)
        end
    end
end

-- When the sleep must end: nil for never.
local function deadline(loop)
    if loop.count <= 0 or loop.idle_count > 0 or #loop.asyncs > 0 or next(loop.fds.always_ready) then return NOW end
    local first = loop.timers[1]
    return first and first.at
end

-- What the loop shares with the process that it was forked from is made anew.
function core.fork(loop)
    descriptors.rebuild(loop.fds)
    signals.reopen(loop)
    files.reopen(loop)
    loop.fds.is_forked = nil
end

-- Sleeps, then queues what is ready: the first descriptor last, so that its callback is called first.
local function poll(loop)
    local fds = loop.fds
    if fds.is_forked then core.fork(loop) end
    local now, count, fd, ready = fds.poller:wait(deadline(loop))
    if not now and fd == FORKED then
        core.fork(loop)
        now, count, fd, ready = fds.poller:wait(deadline(loop))
    end
    if not now then error('the event loop cannot wait: ' .. count, 0) end
    core.update_clock(loop, now)
    if count > 1 then
        local poller = fds.poller
        for i = count, 2, -1 do dispatch(loop, fds, poller:event(i)) end
    end
    if fd then dispatch(loop, fds, fd, ready) end
    if next(fds.always_ready) then descriptors.dispatch_always_ready(loop, fds) end
end

local function iterate(loop, call)
    loop.iterations = loop.iterations + 1
    poll(loop)
    feed_asyncs(loop)
    expire_timers(loop)
    if loop.idle_count > 0 then feed_idles(loop) end
    invoke(loop.queues, call, loop.object)
end

local function rounds(loop)
    local call = callback.for_this_thread()
    invoke(loop.queues, call, loop.object)      -- what an outer round has not come to yet
    repeat
        iterate(loop, call)
    until loop.unlooped or loop.count <= 0
end

-- Runs rounds until nothing keeps the loop alive or `unlooped` is set, which ends the outer runs as well.
function core.run(loop)
    loop.unlooped = false
    loop.depth = loop.depth + 1
    local ok, problem = pcall(rounds, loop)
    loop.depth = loop.depth - 1
    if not ok then error(problem, 0) end
end

return core
