-- ev.Signal.

local argument = require 'loowy.ev.argument'
local pending = require 'loowy.ev.pending'
local signals = require 'loowy.ev.signals'
local watcher = require 'loowy.ev.watcher'

local SIGNAL = 1024

local class = watcher.class('ev{signal}', {})

local function on_signal(self, loop)
    pending.feed(loop.queues, self, SIGNAL)
end

local function arm(self, loop)
    local listening, problem = signals.listen(loop, self.number, self, on_signal)
    if not listening then error(('cannot watch signal %d: %s'):format(self.number, problem), 4) end
end

local function disarm(self, loop)
    signals.ignore(loop, self.number, self)
end

return {
    new = function(callback, number)
        argument.callback(callback, 1, 'new')
        return watcher.new(class, callback, {
            arm = arm,
            disarm = disarm,
            number = argument.integer(number, 2, 'new'),
        })
    end,
}
