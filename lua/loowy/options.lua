--- The options of an instance: defaults, merging, and what the core needs of them.

local M = {}

local type, pairs, ipairs, next, tonumber, tostring, getmetatable =
    type, pairs, ipairs, next, tonumber, tostring, getmetatable

local ENCODINGS = {
    json = { 'json', 'msgpack' },
    msgpack = { 'msgpack', 'json' },
}

--- A new table with the default options.
function M.defaults()
    return {
        debug = false,
        autoReconnect = true,
        reconnectInterval = 2,
        maxRetries = 25,
        transportEncoding = 'json',
        authmethods = {},
    }
end

local function is_dict(value)
    return type(value) == 'table' and getmetatable(value) == nil and value[1] == nil and next(value) ~= nil
end

-- An empty table empties a list, but has no members to put into a dictionary.
local function is_nothing_new(old, new)
    return type(new) == 'table' and getmetatable(new) == nil and next(new) == nil and is_dict(old)
end

-- A new table, so that what the caller handed in before is never changed.
local function merged(old, new)
    local result = {}
    for k, v in pairs(old) do result[k] = v end
    for k, v in pairs(new) do
        if is_dict(v) and is_dict(result[k]) then
            result[k] = merged(result[k], v)
        elseif not is_nothing_new(result[k], v) then
            result[k] = v
        end
    end
    return result
end

--- Merges `new` into the live table `options`: dictionaries member by member, everything else by replacing.
function M.merge(options, new)
    if type(new) ~= 'table' then return end
    for k, v in pairs(new) do
        if k ~= 'eventLoop' and is_dict(v) and is_dict(options[k]) then
            options[k] = merged(options[k], v)
        elseif not is_nothing_new(options[k], v) then
            options[k] = v
        end
    end
end

--- The serializers to offer, the preferred one first.
-- @return the list, or nil and a message
function M.encodings(encoding)
    if type(encoding) == 'table' or type(encoding) == 'boolean' then
        return nil, ("option 'transportEncoding': expected string, got %s"):format(type(encoding))
    end
    return ENCODINGS[encoding] or ENCODINGS.json
end

local URI_RULES = { loowy = true, loose = true, strict = true }

--- What is wrong with an option that the core is not told, if anything is.
function M.mistake(options)
    local authid, rule = options.authid, options.uriValidation
    if authid and type(authid) ~= 'string' and type(authid) ~= 'number' then
        return ("option 'authid': expected string, got %s"):format(type(authid))
    end
    if rule == nil or URI_RULES[rule] then return nil end
    return ("option 'uriValidation': expected 'loowy', 'loose' or 'strict', got %s"):format(tostring(rule))
end

-- Options that the core is told under the same name.
local PASSED = {
    'realm', 'reconnectInterval', 'reconnectFactor', 'reconnectMaxInterval', 'reconnectJitter', 'maxRetries',
    'retryFirstConnect', 'connectTimeout', 'joinTimeout', 'closeTimeout', 'maxMessageSize', 'maxQueuedBytes',
    'maxQueuedMessages', 'pingInterval', 'pingTimeout', 'tls', 'headers',
}

local WATCHED = { 'autoReconnect', 'authid', 'authmethods', 'helloCustomDetails' }
for _, name in ipairs(PASSED) do WATCHED[#WATCHED + 1] = name end

--- What the core is to be told.
function M.settings(options, encodings, hello)
    local settings = {
        encodings = encodings,
        hello = hello,
        autoReconnect = options.autoReconnect and true or false,
    }
    for _, name in ipairs(PASSED) do settings[name] = options[name] end
    if not settings.realm then settings.realm = nil end
    -- It used to be an argument of lua-ev's, which takes numbers as Lua does: also from strings.
    settings.reconnectInterval = tonumber(settings.reconnectInterval) or settings.reconnectInterval
    return settings
end

--- Remembers in `seen` what the core was told last; returns whether anything differs from it now.
function M.changed(options, seen)
    local changed = false
    for i = 1, #WATCHED do
        local name = WATCHED[i]
        if seen[name] ~= options[name] then
            seen[name] = options[name]
            changed = true
        end
    end
    return changed
end

return M
