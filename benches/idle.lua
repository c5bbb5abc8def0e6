-- Joins and has nothing to do: LUA benches/idle.lua URL [REALM [json|msgpack]]. Says when it has joined.

package.path = arg[0]:gsub('[^/]*$', '') .. '?.lua;' .. package.path
io.stdout:setvbuf('line')

local sessions = require 'sessions'

sessions.join('idle', function() print('# idle') end)
sessions.loop:loop()
