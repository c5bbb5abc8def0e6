-- Calling a program's callback so that its error is printed and the loop goes on.

local protected = require 'loowy.protected'
local report = require('loowy.callback').report

local callback = {}

local unpack = table.unpack or unpack

local function traceback(problem)
    if type(problem) == 'string' or type(problem) == 'number' then return debug.traceback(problem, 2) end
end

function callback.call(fn, loop, watcher, revents)
    local ok, problem = protected(fn, traceback, loop, watcher, revents)
    if not ok then report(problem or '(null)') end
end

-- The same for a loop that runs in a coroutine: no callback may suspend the loop, and a call through a C function
-- without continuation is what makes `coroutine.yield` fail.
function callback.call_in_coroutine(...)
    local n, arguments = select('#', ...), { ... }
    string.gsub('.', '.', function() callback.call(unpack(arguments, 1, n)) end)
end

function callback.for_this_thread()
    local thread, is_main = coroutine.running()
    return thread and not is_main and callback.call_in_coroutine or callback.call
end

return callback
