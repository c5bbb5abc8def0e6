-- ev.Idle.

local watcher = require 'loowy.ev.watcher'

local class = watcher.class('ev{idle}', {})

local function arm(self, loop)
    local idles = loop.idles[self.level] or {}
    loop.idles[self.level], idles[self] = idles, true
    loop.idle_count = loop.idle_count + 1
end

local function disarm(self, loop)
    loop.idles[self.level][self] = nil
    loop.idle_count = loop.idle_count - 1
end

return {
    new = function(callback)
        return watcher.new(class, callback, { arm = arm, disarm = disarm })
    end,
}
