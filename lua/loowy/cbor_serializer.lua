--- CBOR (RFC 8949) for programs: the same as messages are encoded with.

local argument = require 'loowy.argument'
local core = require 'loowy_core'
require 'loowy.null'

local M = { protocol = 'cbor' }

--- Encodes a value. Raises an error that names the place of what cannot be encoded.
-- @param value any value of strings, numbers, booleans, null and tables of them
-- @treturn string
function M.encode(value)
    local bytes, message = core.encode('cbor', value)
    return bytes or error(message, 2)
end

--- Decodes bytes. Raises an error where they are not exactly one value.
-- @tparam string bytes
-- @return the value
function M.decode(bytes)
    argument.string(bytes, 'decode', 2)
    local value, message = core.decode('cbor', bytes)
    if message then
        error(message, 2)
    end
    return value
end

return M
