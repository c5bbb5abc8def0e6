-- An event loop with the interface of lua-ev 1.5 on libev 4.33, for machines that have neither.
-- docs/ev.md describes it.

local native = require 'loowy_core'.ev
local object = require 'loowy.ev.object'

local VERSION = { 4.0, 33.0 }       -- of libev, whose behaviour this is

local CONSTANTS = {
    READ = 1, WRITE = 2, TIMEOUT = 256, SIGNAL = 1024, CHILD = 2048, STAT = 4096, IDLE = 8192, ASYNC = 524288,
    MINPRI = -2, MAXPRI = 2,
}

local ev = {
    version = function() return VERSION[1], VERSION[2] end,
    object_count = object.count,
    Loop = require 'loowy.ev.loop'.public,
    Timer = require 'loowy.ev.timer',
    IO = require 'loowy.ev.io',
    Async = require 'loowy.ev.async',
    Signal = require 'loowy.ev.signal',
    Idle = require 'loowy.ev.idle',
    Child = require 'loowy.ev.child',
    Stat = require 'loowy.ev.stat',
}

-- lua-ev's numbers are floats where Lua tells them from integers
for name, value in pairs(CONSTANTS) do ev[name] = value + 0.0 end
for name, value in pairs(native.signals) do ev[name] = value + 0.0 end

return ev
