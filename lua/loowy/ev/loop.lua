-- ev.Loop.

local native = require 'loowy_core'.ev
local core = require 'loowy.ev.core'
local object = require 'loowy.ev.object'

local methods = {}
local class = object.class('ev{loop}', methods, false)

local Loop = { class = class }

local POLL, EPOLL = 2, 4

local function has(flags, bit)
    return flags % (2 * bit) >= bit
end

-- The backend for libev's flags, where 0 leaves the choice to the environment and then to us.
local function backend_for(flags)
    flags = tonumber(os.getenv('LIBEV_FLAGS') or '') or flags
    local asked_for_others = flags % 65536 > 0 and not has(flags, EPOLL)
    return native.backends[EPOLL] and not asked_for_others and EPOLL or POLL
end

local function open(self, flags)
    core.open(self, backend_for(flags))
    object.register(self.object)
    self.is_open = true
    return self
end

-- Returns the state of a loop, the argument at `position` of `method`; the default loop begins with its first use.
function Loop.check(value, position, method)
    local self = object.check(value, class, position, method, 1)
    return self.is_open and self or open(self, 0)
end

-- Whether `value` is a loop of ours.
function Loop.owns(value)
    return object.is(value, class)
end

function methods.is_default(self)
    return object.check(self, class, 1, 'is_default').is_default == true
end

function methods.iteration(self)
    return object.check(self, class, 1, 'iteration').iterations or 0
end

methods.count = methods.iteration

function methods.depth(self)
    return object.check(self, class, 1, 'depth').depth or 0
end

function methods.now(self)
    return core.now(Loop.check(self, 1, 'now'))
end

function methods.update_now(self)
    local loop = Loop.check(self, 1, 'update_now')
    core.refresh_clock(loop)
    return core.now(loop)
end

function methods.backend(self)
    return Loop.check(self, 1, 'backend').fds.backend
end

function methods.loop(self)
    core.run(Loop.check(self, 1, 'loop'))
end

function methods.unloop(self)
    Loop.check(self, 1, 'unloop').unlooped = true
end

-- Makes the loop independent of the parent's, in a process made by fork(2). A round of the loop does so by itself.
function methods.fork(self)
    local loop = object.check(self, class, 1, 'fork')
    if not loop.is_open then return end
    core.fork(loop)
end

local function new(state)
    object.new(class, state)
    return state
end

Loop.public = {
    default = new({ is_default = true }).object,
    new = function(flags)
        return open(new({}), type(flags) == 'number' and flags or 0).object
    end,
}

return Loop
