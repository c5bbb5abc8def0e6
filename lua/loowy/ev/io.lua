-- ev.IO.

local argument = require 'loowy.ev.argument'
local descriptors = require 'loowy.ev.descriptors'
local object = require 'loowy.ev.object'
local watcher = require 'loowy.ev.watcher'

local methods = {}
local class = watcher.class('ev{io}', methods)

local function arm(self, loop)
    local added, problem = descriptors.add(loop.fds, self)
    if not added then error(('cannot watch file descriptor %d: %s'):format(self.fd, problem), 4) end
end

local function disarm(self, loop)
    descriptors.remove(loop.fds, self)
end

local function events(value)
    local set = argument.integer(value, 3, 'new')
    if set < 1 or set > 3 then object.bad_argument(3, 'new', 'READ, WRITE or their sum expected', 2) end
    return set
end

function methods.getfd(self)
    return object.check(self, class, 1, 'getfd').fd
end

return {
    new = function(callback, fd, set)
        argument.callback(callback, 1, 'new')
        return watcher.new(class, callback, {
            arm = arm,
            disarm = disarm,
            fd = argument.integer(fd, 2, 'new'),
            events = events(set),
        })
    end,
}
