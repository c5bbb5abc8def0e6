--- What the specs of the serializers share.

local M = {}

--- Whether this Lua tells integers from floats.
M.has_integers = math.type ~= nil

function M.hex(bytes)
    return (bytes:gsub('.', function(byte) return ('%02x'):format(byte:byte()) end))
end

function M.unhex(digits)
    return (digits:gsub('%s', ''):gsub('%x%x', function(pair) return string.char(tonumber(pair, 16)) end))
end

--- A table that is marked as a list or a dictionary, as decoded ones are.
function M.marked(kind, value)
    return setmetatable(value, { __jsontype = kind })
end

--- A table that is inside of itself at so many levels in all.
function M.nested(levels)
    local value = {}
    for _ = 2, levels do
        value = { value }
    end
    return value
end

--- The kind of number, where there are kinds.
function M.subtype(number)
    return math.type and math.type(number) or 'number'
end

return M
