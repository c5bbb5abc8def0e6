--- The metatables of decoded lists and dictionaries: lua-rapidjson's where it is installed (see `loowy.null`).

local core = require 'loowy_core'
require 'loowy.null'

return {
    array = getmetatable(core.decode('json', '[]')),
    object = getmetatable(core.decode('json', '{}')),
}
