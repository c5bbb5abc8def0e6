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

-- Programs use few URIs, again and again: the exact ones that were good by the default rule, and not reserved.
local REMEMBERED = 256
local good, count = {}, 0

local function remember(uri)
    if count == REMEMBERED then good, count = {}, 0 end
    good[uri], count = true, count + 1
end

--- Whether `valid` is known to say so, whatever may be reserved.
function M.known(uri, match, rule)
    return good[uri] and not match and not rule
end

local function obeys(uri, match, rule)
    if rule == 'loose' or rule == 'strict' then return core.check_uri(uri, match or 'exact', rule) end
    if match then return find(uri, PATTERN) ~= nil and uri ~= '.' end
    return find(uri, EXACT) ~= nil
end

--- Whether that URI is good for that match policy (`nil` is exact) under that rule. What belongs to the protocol itself
-- nobody may publish to or register.
function M.valid(uri, match, rule, may_be_reserved)
    if not obeys(uri, match, rule) then return false end
    local reserved = find(uri, '^wamp%.') ~= nil
    if not (reserved or match or rule) then remember(uri) end
    return may_be_reserved or not reserved
end

--- The URI as a string. Numbers are accepted as everywhere in Lua; anything else is a mistake of the caller's
-- caller.
function M.from(value, method, level)
    if type(value) == 'number' then return tostring(value) end
    argument.string(value, method, level + 1)
    return value
end

return M
