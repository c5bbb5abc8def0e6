-- ev.Timer.

local argument = require 'loowy.ev.argument'
local core = require 'loowy.ev.core'
local object = require 'loowy.ev.object'
local watcher = require 'loowy.ev.watcher'
local Loop = require 'loowy.ev.loop'

local methods = {}
local class = watcher.class('ev{timer}', methods)

local function arm(self, loop)
    core.start_timer(loop, self, self.after)
end

local function disarm(self, loop)
    core.stop_timer(loop, self)
end

local function interval(value, method)
    local seconds = argument.number(value, 3, method)
    if seconds < 0 then object.bad_argument(3, method, 'repeat must be greater than or equal to 0', 2) end
    return seconds
end

-- Begins anew with a full interval; an active timer stays the daemon it is.
local function again(self, loop)
    if self.interval == 0 then return watcher.stop(self) end
    local is_daemon = self.is_active and self.is_daemon
    watcher.stop(self)
    watcher.start(self, loop, is_daemon)
    core.stop_timer(loop, self)
    core.start_timer(loop, self, self.interval)
end

function methods.again(self, loop, seconds)
    self = object.check(self, class, 1, 'again')
    loop = Loop.check(loop, 2, 'again')
    seconds = seconds == nil and 0 or interval(seconds, 'again')
    if seconds > 0 then self.interval = seconds end
    again(self, loop)
end

return {
    new = function(callback, after, seconds)
        argument.callback(callback, 1, 'new')
        return watcher.new(class, callback, {
            arm = arm,
            disarm = disarm,
            after = argument.number(after, 2, 'new'),
            interval = seconds == nil and 0 or interval(seconds, 'new'),
        })
    end,
}
