--- JSON for programs: the same as messages are encoded with.

local argument = require 'loowy.argument'
local core = require 'loowy_core'
require 'loowy.null'

local M = { protocol = 'json' }

--- Encodes a value. Raises an error that names the place of what cannot be encoded.
-- @param value any value of strings, numbers, booleans, null and tables of them
-- @treturn string
function M.encode(value)
    local text, message = core.encode('json', value)
    return text or error(message, 2)
end

--- Decodes a text.
-- @tparam string text
-- @return the value, or nil and a message with the offset of the mistake
function M.decode(text)
    argument.string(text, 'decode', 2)
    return core.decode('json', text)
end

return M
