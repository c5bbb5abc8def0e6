-- ev.Async.

local object = require 'loowy.ev.object'
local watcher = require 'loowy.ev.watcher'
local Loop = require 'loowy.ev.loop'

local methods = {}
local class = watcher.class('ev{async}', methods)

local function arm(self)
    self.was_sent = false
end

local function disarm(self)
    self.was_sent = false
end

-- Queues one callback; what is sent until then adds none.
function methods.send(self, loop)
    self = object.check(self, class, 1, 'send')
    Loop.check(loop, 2, 'send')
    if not self.is_active or self.was_sent then return end
    self.was_sent = true
    local asyncs = self.loop.asyncs
    asyncs[#asyncs + 1] = self
end

return {
    new = function(callback)
        return watcher.new(class, callback, { arm = arm, disarm = disarm })
    end,
}
