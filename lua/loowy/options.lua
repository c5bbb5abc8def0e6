--- The options of an instance: defaults, merging, and what the core needs of them.

local M = {}

local type, ipairs, next, rawequal, tonumber, tostring, getmetatable =
    type, ipairs, next, rawequal, tonumber, tostring, getmetatable

local ENCODINGS = {
    json = { 'json', 'msgpack' },
    msgpack = { 'msgpack', 'json' },
    cbor = { 'cbor', 'json', 'msgpack' },
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

-- Puts the members of `new` into `result`; what `joined(old, new)` returns where both have a dictionary.
local function put(result, new, joined)
    for k, v in next, new do
        local old = result[k]
        if is_dict(v) and is_dict(old) then
            result[k] = joined(old, v)
        elseif not is_nothing_new(old, v) then
            result[k] = v
        end
    end
end

-- A new table, so that what the caller handed in before is never changed. Tables may be nested as deep as they want,
-- and contain themselves: a pair of them is merged once.
local function merged(old, new)
    local results, work = {}, {}
    local function begin(a, b)
        results[b] = results[b] or {}
        local result = results[b][a]
        if not result then
            result = {}
            results[b][a] = result
            work[#work + 1] = { old = a, new = b, result = result }
        end
        return result
    end
    local root = begin(old, new)
    while work[1] do
        local pair = table.remove(work)
        for k, v in next, pair.old do pair.result[k] = v end
        put(pair.result, pair.new, begin)
    end
    return root
end

--- Merges `new` into the live table `options`: dictionaries member by member, everything else by replacing.
function M.merge(options, new)
    put(options, new, merged)
end

--- A copy of the options, to go back to.
function M.saved(options)
    local copy = {}
    for k, v in next, options do copy[k] = v end
    return copy
end

--- Whether there is a table among the options, other than `own`, in which the program may have changed something.
function M.has_tables(options, own)
    for _, value in next, options do
        if type(value) == 'table' and not rawequal(value, own) then return true end
    end
    return false
end

--- Goes back to what was saved.
function M.restore(options, copy)
    for k in next, M.saved(options) do options[k] = nil end
    for k, v in next, copy do options[k] = v end
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

local function is_text(value)
    return type(value) == 'string' or type(value) == 'number'
end

-- The type of an element that is no text.
local function strange_element(list)
    for _, element in next, list do
        if not is_text(element) then return type(element) end
    end
    return nil
end

local function shown(value)
    return is_text(value) and tostring(value) or type(value)
end

--- What is wrong with an option that the core is not told, if anything is.
function M.mistake(options)
    local authid, rule = options.authid, options.uriValidation
    if authid and not is_text(authid) then
        return ("option 'authid': expected string, got %s"):format(type(authid))
    end
    local methods = options.authmethods
    if methods and type(methods) ~= 'table' then
        return ("option 'authmethods': expected a list, got %s"):format(type(methods))
    end
    local strange = methods and strange_element(methods)
    if strange then return ("option 'authmethods': expected names, got %s"):format(strange) end
    if rule == nil or URI_RULES[rule] then return nil end
    return ("option 'uriValidation': expected 'loowy', 'loose' or 'strict', got %s"):format(shown(rule))
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
        local before, now = seen[name], options[name]
        -- Most are nil, and each turn of a client comes by here twice. NaN is no change of NaN.
        if (before ~= nil or now ~= nil) and not rawequal(before, now)
            and (rawequal(before, before) or rawequal(now, now)) then
            seen[name] = now
            changed = true
        end
    end
    return changed
end

return M
