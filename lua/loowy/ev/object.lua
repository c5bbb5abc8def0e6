-- Loop and watcher objects: userdata, as in lua-ev, whose state is out of the program's sight.

local native = require 'loowy_core'.ev

local object = {}

local STATE = {}                                    -- the key of the state in an object's metatable
local live = setmetatable({}, { __mode = 'k' })     -- objects that were not collected yet

local getmetatable, rawget, type = getmetatable, rawget, type

-- A class has a name such as 'ev{timer}' and methods; objects of an open class take the program's own fields.
function object.class(name, methods, is_open)
    return { name = name, methods = methods, is_open = is_open, shadow = { __index = methods } }
end

function object.new(class, state)
    local meta = { __index = class.methods, __name = class.name, [STATE] = state }
    if class.is_open then
        local fields = setmetatable({}, class.shadow)
        meta.__index, meta.__newindex = fields, fields
    end
    state.class = class
    state.object = native.object(meta)
    return state.object
end

-- Counts an object from now on.
function object.register(self)
    live[self] = true
end

function object.count()
    local count = 0
    for _ in pairs(live) do count = count + 1 end
    return count
end

local function state_of(value)
    local meta = getmetatable(value)
    return type(meta) == 'table' and rawget(meta, STATE) or nil
end

-- Whether `value` is an object of `class`.
function object.is(value, class)
    local state = state_of(value)
    return state ~= nil and state.class == class
end

local function type_name(value)
    local state = state_of(value)
    return state and state.class.name or value == nil and 'no value' or type(value)
end

-- Raises the error of a bad argument at the caller of the method that checks its arguments.
function object.bad_argument(position, method, problem, level)
    error(("bad argument #%d to '%s' (%s)"):format(position, method, problem), (level or 1) + 2)
end

-- Returns the state of `value`, which must be an object of `class`. The error is the method's caller's; `between`
-- counts the functions between the method and this one.
function object.check(value, class, position, method, between)
    local state = state_of(value)
    if state and state.class == class then return state end
    local problem = ('%s expected, got %s'):format(class.name, type_name(value))
    object.bad_argument(position, method, problem, 2 + (between or 0))
end

return object
