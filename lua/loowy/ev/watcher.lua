-- What all watchers have in common. A kind of watcher brings `arm(watcher, loop)` and `disarm(watcher, loop)`, which
-- begin and end its observation; `arm` may raise an error, then nothing has begun.

local argument = require 'loowy.ev.argument'
local core = require 'loowy.ev.core'
local object = require 'loowy.ev.object'
local pending = require 'loowy.ev.pending'
local Loop = require 'loowy.ev.loop'

local watcher = {}

local MINPRI, MAXPRI = -2, 2

-- A watcher that is active already keeps going; only whether it holds the loop may change.
local function change_daemon(self, is_daemon)
    if self.is_daemon == is_daemon then return end
    local loop = self.loop
    core.release(self)
    core.hold(loop, self, is_daemon)
end

function watcher.start(self, loop, is_daemon)
    if self.is_active then return change_daemon(self, is_daemon) end
    self.priority = math.max(MINPRI, math.min(MAXPRI, self.priority))
    self.level = self.priority - MINPRI + 1
    self.arm(self, loop)
    core.hold(loop, self, is_daemon)
end

function watcher.stop(self)
    pending.clear(self)
    if self.is_active then
        self.disarm(self, self.loop)
        core.release(self)
    end
end

local function priority(self, ...)
    local former = self.priority
    if select('#', ...) > 0 then self.priority = argument.integer((...), 2, 'priority') end
    return former
end

local function callback(self, ...)
    local former = self.callback
    if select('#', ...) > 0 then self.callback = argument.callback((...), 2, 'callback') end
    return former
end

-- Adds the common methods to a class: each checks its arguments and calls the function above.
local function add_methods(class, methods)
    local check = object.check
    function methods.start(self, loop, is_daemon)
        watcher.start(check(self, class, 1, 'start'), Loop.check(loop, 2, 'start'), not not is_daemon)
    end
    function methods.stop(self, loop)
        self = check(self, class, 1, 'stop')
        Loop.check(loop, 2, 'stop')
        watcher.stop(self)
    end
    function methods.is_active(self) return check(self, class, 1, 'is_active').is_active end
    function methods.is_pending(self) return check(self, class, 1, 'is_pending').pending ~= nil end
    function methods.clear_pending(self, loop)
        self = check(self, class, 1, 'clear_pending')
        Loop.check(loop, 2, 'clear_pending')
        return pending.clear(self) + 0.0
    end
    function methods.callback(self, ...) return callback(check(self, class, 1, 'callback'), ...) end
    function methods.priority(self, ...) return priority(check(self, class, 1, 'priority'), ...) end
end

-- A class of watchers with methods of its own.
function watcher.class(name, methods)
    local class = object.class(name, methods, true)
    add_methods(class, methods)
    return class
end

-- A new watcher object; `state` has at least `arm` and `disarm`.
function watcher.new(class, callback_function, state)
    state.callback = argument.callback(callback_function, 1, 'new')
    state.is_active, state.priority = false, 0
    local self = object.new(class, state)
    object.register(self)
    return self
end

return watcher
