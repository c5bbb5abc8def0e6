--- The details of HELLO: who we are and what we can.

local version = require 'loowy.version'

local type, pairs, next = type, pairs, next

local function features(...)
    local result = {}
    for _, name in ipairs { ... } do result[name] = true end
    return { features = result }
end

local ROLES = {
    publisher = features('subscriber_blackwhite_listing', 'publisher_exclusion', 'publisher_identification'),
    subscriber = features('pattern_based_subscription', 'publication_trustlevels'),
    caller = features('caller_identification', 'progressive_call_results', 'call_canceling', 'call_timeout'),
    callee = features('caller_identification', 'call_trustlevels', 'pattern_based_registration',
        'shared_registration'),
}

-- A deep copy of `base` with `over` on top. Members of dictionaries have names; an element 1 would make a list of it.
local function overlaid(base, over)
    local result = {}
    if type(base) == 'table' then
        for k, v in next, base do
            if type(k) == 'string' then result[k] = v end
        end
    end
    for k, v in pairs(over) do
        result[k] = type(v) == 'table' and overlaid(result[k], v) or v
    end
    return result
end

local M = {}

local OURS = { agent = 'Loowy/Lua v' .. version, roles = ROLES }

--- The details: the user's own, ours on top, and the identity on top of that. To be read only: those of most instances
-- are one table.
function M.details(options)
    if type(options.helloCustomDetails) ~= 'table' and not options.authid then return OURS end
    local details = overlaid(options.helloCustomDetails, OURS)
    if options.authid then
        details.authid = tostring(options.authid)
        local methods = options.authmethods
        -- An empty list says nothing, and its Lua form cannot be told from an empty dictionary.
        local empty = type(methods) == 'table' and next(methods) == nil
        details.authmethods = not empty and methods or nil
    end
    return details
end

return M
