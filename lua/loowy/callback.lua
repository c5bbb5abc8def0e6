--- Calling what the user gave us, so that an error in it disturbs nothing else.

local protected = require 'loowy.protected'

local M = {}

local traceback = debug.traceback
local type, tostring = type, tostring

local function describe(err)
    if type(err) == 'string' then return err end
    if type(err) == 'table' and err.error ~= nil then return tostring(err.error) end
    return tostring(err)
end

local function with_traceback(err)
    return traceback(describe(err), 2)
end

--- Prints an error of a callback as lua-ev does, so that logs look the same on every loop.
function M.report(message)
    io.stderr:write('CALLBACK FAILED: ', message, '\n')
end

--- Calls `fn` if it is a function; an error in it is reported with its traceback. Returns whether it ran through.
function M.run(fn, ...)
    if type(fn) ~= 'function' then return true end
    local ok, message = protected(fn, with_traceback, ...)
    if not ok then M.report(message) end
    return ok
end

--- The function under `name`, where `callbacks` is a table that has one.
function M.of(callbacks, name)
    if type(callbacks) ~= 'table' then return nil end
    local fn = callbacks[name]
    return type(fn) == 'function' and fn or nil
end

return M
