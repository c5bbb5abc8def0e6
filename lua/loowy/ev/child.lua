-- ev.Child.

local native = require 'loowy_core'.ev
local argument = require 'loowy.ev.argument'
local object = require 'loowy.ev.object'
local pending = require 'loowy.ev.pending'
local signals = require 'loowy.ev.signals'
local watcher = require 'loowy.ev.watcher'

local CHILD = 2048
local ANY = 0
local SIGCHLD = native.signals.SIGCHLD
local UNKNOWN = { status = 0, exited = false, stopped = false, signaled = false }

local methods = {}
local class = watcher.class('ev{child}', methods)

local function report(loop, watchers, pid, status)
    for self in pairs(watchers or {}) do
        if self.trace or not (status.stopped or status.continued) then
            self.rpid, self.status = pid, status
            pending.feed(loop.queues, self, CHILD)
        end
    end
end

local function any_traces(watchers)
    for self in pairs(watchers) do
        if self.trace then return true end
    end
    return false
end

-- Takes all changes of one child, or of any. Children that nobody watches are left alone, to be waited for by others.
local function take(loop, key, watchers)
    local trace = any_traces(watchers)
    local pid, status = native.child_status(key, trace)
    while pid do
        report(loop, loop.children[pid], pid, status)
        report(loop, loop.children[ANY], pid, status)
        pid, status = native.child_status(key, trace)
    end
end

local function take_all(_, loop)
    for key, watchers in pairs(loop.children) do take(loop, key, watchers) end
end

local function listen(loop)
    if loop.children then return end
    local listening, problem = signals.listen(loop, SIGCHLD, class, take_all)
    if not listening then error('cannot watch child processes: ' .. problem, 5) end
    loop.children = {}
end

local function arm(self, loop)
    if not loop.is_default then error('child watchers work in the default loop only', 4) end
    listen(loop)
    local watchers = loop.children[self.pid] or {}
    loop.children[self.pid], watchers[self] = watchers, true
    take(loop, self.pid, watchers)          -- it may have changed before
end

local function disarm(self, loop)
    local watchers = loop.children[self.pid]
    watchers[self] = nil
    if not next(watchers) then loop.children[self.pid] = nil end
    if next(loop.children) then return end
    loop.children = nil
    signals.ignore(loop, SIGCHLD, class)
end

local function copy(status)
    local fields = {}
    for name, value in pairs(status) do fields[name] = value end
    return fields
end

function methods.getpid(self) return object.check(self, class, 1, 'getpid').pid end
function methods.getrpid(self) return object.check(self, class, 1, 'getrpid').rpid end
function methods.getstatus(self) return copy(object.check(self, class, 1, 'getstatus').status) end

return {
    new = function(callback, pid, trace)
        argument.callback(callback, 1, 'new')
        return watcher.new(class, callback, {
            arm = arm,
            disarm = disarm,
            pid = argument.integer(pid, 2, 'new'),
            trace = argument.boolean(trace, 3, 'new'),
            rpid = 0,
            status = UNKNOWN,
        })
    end,
}
