--- Calling what the user gave us, so that an error in it disturbs nothing else.

local protected = require 'loowy.protected'

local M = {}

local traceback = debug.traceback
local getmetatable, pcall, type, tostring = getmetatable, pcall, type, tostring

local function text_of(err)
    if type(err) == 'table' and err.error ~= nil then return tostring(err.error) end
    return tostring(err)
end

-- What is raised may raise an error itself when it is looked at.
local function describe(err)
    if type(err) == 'string' then return err end
    local ok, text = pcall(text_of, err)
    return ok and type(text) == 'string' and text or ('(error object is a %s value)'):format(type(err))
end

--- A text for what was raised, whatever that is.
M.describe = describe

local function with_traceback(err)
    return traceback(describe(err), 2)
end

local function print_failure(message)
    io.stderr:write('CALLBACK FAILED: ', message, '\n')
end

--- Prints an error of a callback as lua-ev does, so that logs look the same on every loop. A program that has closed
-- its standard error gets no report.
function M.report(message)
    pcall(print_failure, describe(message))
end

--- Calls `fn` if it is a function; an error in it is reported with its traceback. Returns whether it ran through.
function M.run(fn, ...)
    if type(fn) ~= 'function' then return true end
    local ok, message = protected(fn, with_traceback, ...)
    if not ok then M.report(message) end
    return ok
end

local function member(callbacks, name)
    return callbacks[name]
end

--- The function under `name`, where `callbacks` is a table that has one. An object that raises an error when it is
-- asked for it has none.
function M.of(callbacks, name)
    if type(callbacks) ~= 'table' then return nil end
    local fn
    if getmetatable(callbacks) == nil then
        fn = callbacks[name]
    else
        local ok, found = pcall(member, callbacks, name)
        if not ok then return M.report(found) end
        fn = found
    end
    return type(fn) == 'function' and fn or nil
end

return M
