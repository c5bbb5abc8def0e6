--- Which URIs the methods accept (option `uriValidation`).
--
-- * `loowy` (default): letters, digits, `_`, `-` and `.`; the last character is no dot, but for patterns. Empty
--   components are left for the router to judge.
-- * `loose`, `strict`: the two rules of the WAMP specification.

local argument = require 'loowy.argument'
local core = require 'loowy_core'

local M = {}

local find, type, tostring = string.find, type, tostring

local EXACT   = '^[0-9a-zA-Z_.%-]*[0-9a-zA-Z_%-]$'
local PATTERN = '^[0-9a-zA-Z_.%-]+$'

--- Whether that URI is good for that match policy (`nil` is exact) under that rule.
function M.valid(uri, match, rule)
    if rule == 'loose' or rule == 'strict' then return core.check_uri(uri, match or 'exact', rule) end
    if match then return find(uri, PATTERN) ~= nil and uri ~= '.' end
    return find(uri, EXACT) ~= nil
end

--- Whether the URI belongs to the protocol itself: nobody may publish to it or register it.
function M.reserved(uri)
    return find(uri, '^wamp%.') ~= nil
end

--- The URI as a string. Numbers are accepted as everywhere in Lua; anything else is a mistake of the caller's
-- caller.
function M.from(value, method, level)
    if type(value) == 'number' then return tostring(value) end
    argument.string(value, method, level + 1)
    return value
end

return M
