-- Arguments of every wrong type to every method: it works, sets a status, or raises an error that says what is wrong;
-- and the client goes on.

local callbacks = require 'spec.support.callbacks'
local helper = require 'spec.helper'
local nonsense = require 'spec.support.nonsense'

local unpack = table.unpack or unpack -- luacheck: ignore 143

local function ignore() end

local function reply() return { argsList = { 1 } } end

-- The arguments of a good call of each method.
local GOOD = {
    subscribe = { 'a.b', { onEvent = ignore }, {} },
    unsubscribe = { 'a.b', { onEvent = ignore }, {} },
    publish = { 'a.b', { 1 }, { onSuccess = ignore }, {} },
    call = { 'a.c', { 1 }, { onSuccess = ignore }, {} },
    cancel = { 1, { onSuccess = ignore }, { mode = 'kill' } },
    register = { 'a.b', { rpc = reply }, {} },
    unregister = { 'a.b', { onSuccess = ignore } },
    connect = { 'ws://127.0.0.1:1/' },
    options = { {} },
}

-- Where in which argument there are members, with their names.
local MEMBERS = {
    subscribe = { [2] = { 'onEvent', 'onSuccess', 'onError' }, [3] = { 'match' } },
    unsubscribe = { [2] = { 'onEvent', 'onSuccess', 'onError' }, [3] = { 'match' } },
    publish = { [2] = { 1, 'argsList', 'argsDict', 'a' }, [3] = { 'onSuccess', 'onError' }, [4] = {
        'exclude', 'exclude_authid', 'exclude_authrole', 'exclude_me', 'disclose_me',
        'eligible', 'eligible_authid', 'eligible_authrole',
    } },
    call = { [2] = { 1, 'argsList', 'argsDict', 'a' }, [3] = { 'onSuccess', 'onError' },
        [4] = { 'disclose_me', 'receive_progress', 'timeout' } },
    cancel = { [2] = { 'onSuccess', 'onError' }, [3] = { 'mode' } },
    register = { [2] = { 'rpc', 'onSuccess', 'onError' }, [3] = { 'match', 'invoke' } },
    unregister = { [2] = { 'onSuccess', 'onError' } },
}

-- What an error may be about: whatever the program's own value raised, too.
local CLEAR = { 'bad argument', 'Invalid URL', 'cannot be encoded', 'cannot be written', 'nested more than', 'option' }

-- It is told where the program is wrong.
local function is_clear(message)
    if tostring(message):find('looked into', 1, true) then return true end
    for _, words in ipairs(CLEAR) do
        if message:find(words, 1, true) then return message:find '^spec/nonsense_arguments_spec.lua:%d+: ' ~= nil end
    end
    return false
end

local function copied(list)
    local copy = {}
    for k, v in pairs(list) do copy[k] = v end
    return copy
end

describe('a nonsensical argument', function()
    local url, client

    setup(function() url = helper.router():url() end)

    before_each(function()
        if not client then client = helper.joined(url, { reconnectInterval = 0.001 }) end
    end)

    teardown(helper.close)

    -- A router may end a session over a list with nonsense in it.
    local function well()
        local box = helper.mailbox()
        for _ = 1, 2 do
            client:publish('a.b', nil, box:callbacks('onSuccess', 'onError'))
            if box:next 'an answer' == 'onSuccess' then return true end
        end
        return false
    end

    local function check(method, arguments, count)
        local said, problem = callbacks.reported(function()
            local ok, message = pcall(function() client[method](client, unpack(arguments, 1, count)) end)
            if not ok then assert.is_true(is_clear(message), tostring(message)) end
            assert.is_number(client:getOpStatus().code)
            assert.is_true(well())
        end)
        if problem then client = nil end
        assert.is_nil(problem)
        for _, report in ipairs(said) do assert.matches('looked into', report) end
    end

    for method, good in pairs(GOOD) do
        for position in ipairs(good) do
            it(('%s: argument %d'):format(method, position), function()
                for _, case in ipairs(nonsense.values) do
                    local arguments = copied(good)
                    arguments[position] = case[2]
                    check(method, arguments, #good)
                end
                local arguments = copied(good)
                arguments[position] = nil
                check(method, arguments, #good)
            end)

            for _, member in ipairs(MEMBERS[method] and MEMBERS[method][position] or {}) do
                it(('%s: %s in argument %d'):format(method, member, position), function()
                    for _, case in ipairs(nonsense.values) do
                        local arguments = copied(good)
                        arguments[position] = copied(good[position])
                        arguments[position][member] = case[2]
                        check(method, arguments, #good)
                    end
                end)
            end
        end

        it(('%s: with a dot and nonsense'):format(method), function()
            for _, case in ipairs(nonsense.values) do
                local ok, message = pcall(function() client[method](case[2]) end)
                if not ok then assert.is_true(is_clear(message) or message:find 'no URL' ~= nil, message) end
            end
            assert.is_true(well())
        end)
    end

    it('poll', function()
        for _, case in ipairs(nonsense.values) do
            client:publish('a.b', nil, {})
            local ok, message = pcall(client.poll, client, case[2])
            if not ok then assert.matches("bad argument #1 to 'poll'", message) end
        end
        assert.is_true(well())
    end)
end)
