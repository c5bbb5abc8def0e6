-- Arguments of constructors and methods, checked as Lua's own library does it.

local object = require 'loowy.ev.object'

local argument = {}

local function expected(kind, value, position, method)
    local got = value == nil and 'no value' or type(value)
    object.bad_argument(position, method, ('%s expected, got %s'):format(kind, got), 3)
end

function argument.callback(value, position, method)
    if type(value) ~= 'function' then expected('function', value, position, method) end
    return value
end

function argument.number(value, position, method)
    local number = tonumber(value)
    if not number or number ~= number then expected('number', value, position, method) end
    return number
end

-- Of a C int.
function argument.integer(value, position, method)
    local number = tonumber(value)
    local fits = number and number > -2 ^ 31 and number < 2 ^ 31
    if not fits then expected('integer', value, position, method) end
    return math.floor(number)
end

function argument.string(value, position, method)
    if type(value) == 'number' then return tostring(value) end
    if type(value) ~= 'string' then expected('string', value, position, method) end
    return value
end

function argument.boolean(value, position, method)
    if type(value) == 'number' then return value ~= 0 end
    if type(value) ~= 'boolean' then expected('boolean', value, position, method) end
    return value
end

return argument
