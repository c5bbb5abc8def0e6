--- Readable dumps of Lua values, line by line.

local concat, rep = table.concat, string.rep

local M = {}

--- How the scalars are shown. Functions, threads and userdata say themselves what they are.
local SCALARS = {
    ['nil'] = tostring,
    boolean = function(value) return '(boolean) ' .. tostring(value) end,
    number = function(value) return '(number) ' .. tostring(value) end,
    string = function(value) return '(string) "' .. value .. '"' end,
}

--- Two spaces per level and an arrow; nothing at all at the top.
local function indentation(depth)
    return depth and rep('  ', depth) .. ' » ' or ''
end

local dump

--- `above` holds the tables that this one is inside of: one that contains itself is not followed again.
local function dump_members(lines, members, depth, above)
    if above[members] then
        lines[#lines + 1] = indentation(depth) .. '(cycle)'
        return
    end
    above[members] = true
    for key, value in pairs(members) do
        dump(lines, value, depth, key, above)
    end
    above[members] = nil
end

local function dump_table(lines, value, depth, above)
    local inner = depth and depth + 1 or 0
    dump_members(lines, value, inner, above)
    local metatable = getmetatable(value)
    if metatable ~= nil then
        lines[#lines + 1] = indentation(depth) .. '(metatable) '
        dump_members(lines, metatable, inner, above)
    end
end

function dump(lines, value, depth, key, above)
    local kind = type(value)
    local label = key ~= nil and '[' .. key .. '] = ' or ''
    if kind == 'table' then
        lines[#lines + 1] = indentation(depth) .. label .. '(table) '
        dump_table(lines, value, depth, above)
    elseif SCALARS[kind] then
        lines[#lines + 1] = indentation(depth) .. label .. SCALARS[kind](value)
    else
        lines[#lines + 1] = indentation(depth) .. tostring(value)
    end
end

local function lines_of(value, depth, key)
    local lines = {}
    dump(lines, value, depth, key, {})
    return lines
end

--- The dump as one string, without a newline at the end.
-- @param value any value
-- @param[opt] depth how many levels to indent by; nil indents nothing
-- @param[opt] key a string or number to show before the value
-- @treturn string
function M.getdump(value, depth, key)
    return concat(lines_of(value, depth, key), '\n')
end

--- Prints the dump, one `print` per line. The arguments are those of `getdump`.
function M.printdump(value, depth, key)
    for _, line in ipairs(lines_of(value, depth, key)) do
        print(line)
    end
end

return M
