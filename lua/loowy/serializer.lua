--- A serializer for programs, of the format of that name: the same as messages are encoded with.

local argument = require 'loowy.argument'
local core = require 'loowy_core'
require 'loowy.null'

return function(protocol)
    local M = { protocol = protocol }

    --- Encodes a value. Raises an error that names the place of what cannot be encoded.
    -- @param value any value of strings, numbers, booleans, null and tables of them
    -- @treturn string
    function M.encode(value)
        local bytes, message = core.encode(protocol, value)
        return bytes or error(message, 2)
    end

    --- Decodes bytes. Raises an error where they are not exactly one value.
    -- @tparam string bytes
    -- @return the value
    function M.decode(bytes)
        argument.string(bytes, 'decode', 2)
        local value, message = core.decode(protocol, bytes)
        if message then
            error(message, 2)
        end
        return value
    end

    return M
end
