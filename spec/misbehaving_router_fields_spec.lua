--- What a client makes of messages with wrong types in each of their fields, and of fields that are missing, in JSON
-- and in MessagePack: the protocol is broken, the router gets an ABORT, and the session is made again.

local misbehaving = require 'spec.support.misbehaving'
local null = require 'loowy.null'

local unpack = table.unpack or unpack -- luacheck: ignore 143
local object = misbehaving.object
local function array(value) return setmetatable(value, { __jsontype = 'array' }) end

-- What each type is not, in either format.
local WRONG = {
    ['is not a non-negative integer'] = { 'x', '1', true, false, null, array {}, object {}, 1.5, -1, 2 ^ 64 },
    ['is not an id'] = { 'x', '1', true, false, null, array {}, object { a = 1 }, 1.5, 0, -1, -2 ^ 53, 2 ^ 53 + 2,
        2 ^ 64, 1e300 },
    ['is not a dictionary'] = { 'x', '', true, false, null, 0, 1, -1, 1.5, array { 1 } },
    ['is not a string'] = { true, false, null, 0, 1, -1, 1.5, array {}, object { a = 1 } },
    ['is not a boolean'] = { 'true', 0, 1, array {} },
    ['is not a number'] = { '1', true, array {} },
    ['is not a list of dictionaries'] = { 1, 'x', array { 1 }, object { a = object {} } },
    ['is not a dictionary of dictionaries'] = { 1, 'x', true, array { 'x' }, object { broker = true } },
    ['is not a known value'] = { 1, 'rot13' },
}

local ID, DICT, TEXT, BOOLEAN = 'is not an id', 'is not a dictionary', 'is not a string', 'is not a boolean'
local INTEGER, NUMBER = 'is not a non-negative integer', 'is not a number'

local PASSTHRU = { ppt_scheme = TEXT, ppt_serializer = TEXT, ppt_cipher = TEXT, ppt_keyid = TEXT, enc_key = TEXT,
    transaction_hash = TEXT, forward_for = 'is not a list of dictionaries', enc_algo = 'is not a known value',
    enc_serializer = 'is not a known value' }

local function members(own)
    for name, problem in pairs(PASSTHRU) do own[name] = problem end
    return own
end

-- The messages that a router may send: the code, then for each field its name, what it is not when it is wrong, a right
-- value, and what its members are not.
local MESSAGES = {
    WELCOME = { 2, { 'Session', ID, 100001 }, { 'Details', DICT, object {}, {
        roles = 'is not a dictionary of dictionaries', agent = TEXT, authid = TEXT, authrole = TEXT, authmethod = TEXT,
        authprovider = TEXT, authextra = DICT } } },
    ABORT = { 3, { 'Details', DICT, object {} }, { 'Reason', TEXT, 'wamp.error.x' } },
    CHALLENGE = { 4, { 'AuthMethod', TEXT, 'ticket' }, { 'Extra', DICT, object {} } },
    GOODBYE = { 6, { 'Details', DICT, object {} }, { 'Reason', TEXT, 'wamp.close.normal' } },
    ERROR = { 8, { 'REQUEST.Type', INTEGER, 48 }, { 'REQUEST.Request', ID, 1 },
        { 'Details', DICT, object {}, members {} }, { 'Error', TEXT, 'wamp.error.x' } },
    PUBLISHED = { 17, { 'PUBLISH.Request', ID, 1 }, { 'Publication', ID, 1 } },
    SUBSCRIBED = { 33, { 'SUBSCRIBE.Request', ID, 1 }, { 'Subscription', ID, 1 } },
    UNSUBSCRIBED = { 35, { 'UNSUBSCRIBE.Request', ID, 1, zero = true } },
    EVENT = { 36, { 'SUBSCRIBED.Subscription', ID, 5 }, { 'PUBLISHED.Publication', ID, 1 },
        { 'Details', DICT, object {}, members { publisher = ID, publisher_authid = TEXT, publisher_authrole = TEXT,
            topic = TEXT, trustlevel = NUMBER, retained = BOOLEAN } } },
    RESULT = { 50, { 'CALL.Request', ID, 1 }, { 'Details', DICT, object {}, members { progress = BOOLEAN, callee = ID,
        callee_authid = TEXT, callee_authrole = TEXT }, optional = true } },
    REGISTERED = { 65, { 'REGISTER.Request', ID, 1 }, { 'Registration', ID, 1 } },
    UNREGISTERED = { 67, { 'UNREGISTER.Request', ID, 1, zero = true } },
    INVOCATION = { 68, { 'Request', ID, 1 }, { 'REGISTERED.Registration', ID, 7 },
        { 'Details', DICT, object {}, members { procedure = TEXT, caller = ID, caller_authid = TEXT,
            caller_authrole = TEXT, timeout = NUMBER, receive_progress = BOOLEAN, progress = BOOLEAN,
            trustlevel = NUMBER } } },
    INTERRUPT = { 69, { 'INVOCATION.Request', ID, 1 }, { 'Options', DICT, object {}, { mode = TEXT, reason = TEXT } } },
}

-- What a router revokes by itself has the id 0 and these details.
local REVOKED = {
    UNSUBSCRIBED = { subscription = ID, reason = TEXT },
    UNREGISTERED = { registration = ID, reason = TEXT },
}

-- The message up to that field, then the value in its place, or nothing; then the right rest.
local function message_with(message, field, value)
    local result = { message[1] }
    for i = 2, #message do
        if i == field and value == nil then return array(result) end
        result[i] = message[i][3]
        if i == field then result[i] = value end
    end
    return array(result)
end

local function add(cases, message, violation)
    cases[#cases + 1] = { message, violation = violation, name = violation .. ' ' .. tostring(message) }
end

local function add_field(cases, name, message, at)
    local field, problem = unpack(message[at])
    for _, value in ipairs(WRONG[problem]) do
        if not (value == 0 and message[at].zero) then
            add(cases, message_with(message, at, value), ('%s.%s %s'):format(name, field, problem))
        end
    end
    if not message[at].optional then
        add(cases, message_with(message, at), ('%s.%s is missing'):format(name, field))
    end
end

local function add_members(cases, name, field, known, with)
    for key, problem in pairs(known) do
        for i, value in ipairs(WRONG[problem]) do
            -- A few are enough, the fields have had them all; and null counts as absent.
            if i <= 2 and value ~= null then
                add(cases, with(object { [key] = value }), ('%s.%s.%s %s'):format(name, field, key, problem))
            end
        end
    end
end

local function cases_of(name, with_members)
    local cases, message = {}, MESSAGES[name]
    for at = 2, #message do
        local field, _, _, known = unpack(message[at])
        if not with_members then add_field(cases, name, message, at) end
        if with_members and known then
            add_members(cases, name, field, known, function(details) return message_with(message, at, details) end)
        end
    end
    if with_members and REVOKED[name] then
        add_members(cases, name, 'Details', REVOKED[name], function(details)
            return { message[1], 0, details }
        end)
    end
    return cases
end

local function names()
    local result = {}
    for name in pairs(MESSAGES) do result[#result + 1] = name end
    table.sort(result)
    return result
end

local function say(faulty, case)
    faulty:say(case[1])
end

for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
    describe('a router that speaks ' .. format, function()
        after_each(misbehaving.close)

        for _, name in ipairs(names()) do
            it(('§6.1 in a session: %s with wrong fields'):format(name), function()
                misbehaving.beside({}, format):plays(cases_of(name), say)
            end)

            -- The fields of options and details are checked in the same way in both formats.
            if format == 'json' and #cases_of(name, true) > 0 then
                it(('§6.1 R08 in a session: %s with wrong members'):format(name), function()
                    misbehaving.beside({}, format):plays(cases_of(name, true), say)
                end)
            end
        end

        for _, name in ipairs { 'ABORT', 'CHALLENGE', 'WELCOME' } do
            it(('§6.1 instead of a session: %s with wrong fields'):format(name), function()
                local faulty = misbehaving.greeted({ maxRetries = 1000 }, format)
                faulty:plays(cases_of(name), say)
                if format == 'json' then faulty:plays(cases_of(name, true), say) end
                faulty:welcome()
                faulty:works()
            end)
        end
    end)
end
