--- The shape of a call's result, which serves both styles of reading it.
--
-- `onSuccess(argsList, argsDict)`: two positional values, nil where the result has none; and
-- `onSuccess(result)` with `result.argsList`, `result.argsDict`, `result.details`: the list answers these names
-- through a private metatable, while its own content stays the plain array.

local marks = require 'loowy.marks'

local M = {}

local setmetatable, type = setmetatable, type

--- The list as described above. What is not a list is handed over as it is.
function M.hybrid(list, dict, details)
    if type(list) ~= 'table' then return list end
    return setmetatable(list, {
        __index = { argsList = list, argsDict = dict, details = details },
        __jsontype = 'array',
        __metatable = marks.array,
    })
end

return M
