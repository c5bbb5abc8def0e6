--- Arguments of the wrong type, as errors that point at whoever gave them.

local M = {}

--- Raises unless `value` is a string, `level` levels above the caller of this function.
function M.string(value, name, level)
    if type(value) == 'string' then return end
    local got = value == nil and 'no value' or type(value)
    error(("bad argument #1 to '%s' (string expected, got %s)"):format(name, got), level + 1)
end

return M
