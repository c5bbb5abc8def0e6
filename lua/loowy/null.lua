--- The value that stands for null: what `null` decodes to, and what is sent as null.
--
-- It is `rapidjson.null` where lua-rapidjson is installed, whose metatables decoded tables then have, too; programs
-- compare with both. Otherwise it is the light userdata NULL, the same as `cjson.null`.

local core = require 'loowy_core'

local found, rapidjson = pcall(require, 'rapidjson')
if not found or rapidjson.null == nil then
    return core.null
end

core.set_null(rapidjson.null)
core.set_metatables(getmetatable(rapidjson.array()), getmetatable(rapidjson.object()))
return rapidjson.null
