--- JSON for programs: the same as messages are encoded with.

local argument = require 'loowy.argument'
local core = require 'loowy_core'

local M = require 'loowy.serializer' 'json'

--- Decodes a text.
-- @tparam string text
-- @return the value, or nil and a message with the offset of the mistake
function M.decode(text)
    argument.string(text, 'decode', 2)
    return core.decode('json', text)
end

return M
