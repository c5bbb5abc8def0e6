--- The functions in a router's configuration: the core only hears that they are there.

local M = {}

local type, pairs, ipairs, next = type, pairs, ipairs, next

-- The options that have functions in them, and which.
local NAMES = { 'credentialsCallback', 'challengeCallback', 'authCallback' }
local OPTIONS = { 'ticket', 'wampCRA', 'wampSCRAM', 'cryptosign', 'cookieAuth', 'authorizer', 'trustLevels' }

local function copied(source)
    local copy = {}
    for k, v in pairs(source) do copy[k] = v end
    return copy
end

-- Replaces the functions in the table of one option; returns it, and them.
local function taken(path, option)
    local copy, functions = copied(option), {}
    for _, name in ipairs(NAMES) do
        local value = option[name]
        if type(value) == 'function' then
            copy[name], functions[name] = true, value
        elseif value ~= nil then
            return nil, nil, ("option '%s.%s': expected function, got %s"):format(path, name, type(value))
        end
    end
    return copy, functions
end

-- Does so in all the options of a router, or of one realm.
local function take(prefix, options)
    local found = {}
    for _, name in ipairs(OPTIONS) do
        local option = options[name]
        if type(option) == 'table' then
            local copy, functions, problem = taken(prefix .. name, option)
            if problem then return nil, problem end
            -- What a realm has of its own replaces what all have, functions included.
            options[name], found[name] = copy, functions
        end
    end
    return found
end

local function is_any(found)
    for _, functions in pairs(found) do
        if next(functions) then return true end
    end
    return false
end

-- The options of one realm that has some of its own.
local function take_realm(result, index, realm)
    local copy = copied(realm)
    local found, problem = take(('realms[%d].'):format(index), copy)
    if problem then return nil, problem end
    if type(copy.name) == 'string' then result.realms[copy.name] = found end
    result.any = result.any or is_any(found)
    return copy
end

--- Takes the functions out of the options, whose tables are copied for that.
-- @return what `find` needs, nil if there are none; or nil and what is wrong with one
function M.take(options)
    local common, problem = take('', options)
    if problem then return nil, problem end
    local result = { common = common, realms = {}, any = is_any(common) }
    if type(options.realms) == 'table' then
        options.realms = copied(options.realms)
        for index, realm in ipairs(options.realms) do
            -- Named, it is none of those that '*' stands for.
            if type(realm) == 'string' then result.realms[realm] = {} end
            if type(realm) == 'table' then
                options.realms[index], problem = take_realm(result, index, realm)
                if problem then return nil, problem end
            end
        end
    end
    return result.any and result or nil
end

--- The function of that name in an option of a realm.
function M.find(result, realm, option, name)
    local own = result.realms[realm] or result.realms['*'] or {}
    local functions = own[option] or result.common[option] or {}
    return functions[name]
end

return M
