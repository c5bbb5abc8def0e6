-- What handlers return: nonsense of every kind is answered, and nothing else changes.

local callbacks = require 'spec.support.callbacks'
local helper = require 'spec.helper'
local nonsense = require 'spec.support.nonsense'

describe('a handler that returns nonsense', function()
    local routers, world

    setup(function() routers = callbacks.routers() end)
    after_each(function() world:finish() end)
    teardown(helper.close)

    -- What the caller hears, and what is reported here.
    local function answer_of(...)
        local arguments, count = { ... }, select('#', ...)
        world = callbacks.world(routers)
        world:join()
        local outcome, value
        local said, problem = callbacks.reported(function()
            helper.registered(world.client, 'a.b', function() return (table.unpack or unpack)(arguments, 1, count) end)
            outcome, value = helper.called(world.client, 'a.b')
        end)
        assert.is_nil(problem)
        return outcome, value, said
    end

    for _, case in ipairs(nonsense.values) do
        local name, value = case[1], case[2]

        it(('§6.3 rpc: %s'):format(name), function()
            local outcome, _, said = answer_of(value)
            -- Only an object that raises when it is looked into says something else than nothing.
            assert.equal(name == 'a table that raises' and 'onError' or 'onSuccess', outcome)
            assert.same({}, said)
            world:check_health()
        end)

        for _, member in ipairs { 'argsList', 'argsDict', 'options' } do
            it(('§6.3 rpc: %s in %s'):format(name, member), function()
                local outcome, value_heard, said = answer_of { [member] = value }
                if outcome == 'onError' then
                    assert.matches('^wamp%.error%.', value_heard.error)
                    assert.is_true(#said <= 1)
                    if said[1] then assert.matches('^CALLBACK FAILED: ' .. member, said[1]) end
                else
                    assert.same({}, said)
                end
                world:check_health()
            end)
        end

        for _, member in ipairs { 'error', 'uri', 'details', 'argsList', 'argsDict' } do
            it(('§6.3 rpc raises a table with %s as %s'):format(name, member), function()
                world = callbacks.world(routers)
                world:join()
                local outcome, err
                local said, problem = callbacks.reported(function()
                    helper.registered(world.client, 'a.b', function() error { [member] = value } end)
                    outcome, err = helper.called(world.client, 'a.b')
                end)
                assert.is_nil(problem)
                assert.equal('onError', outcome)
                assert.is_string(err.error)
                if said[1] then assert.matches('^CALLBACK FAILED: ' .. member, said[1]) end
                world:check_health()
            end)
        end

        it(('L11 onChallenge: %s'):format(name), function()
            world = callbacks.world(routers)
            local heard
            world:client_with { authid = 'joe', authmethods = { 'wampcra' }, maxRetries = 0, onError = function(err)
                heard = err
            end, onChallenge = function() return value end }
            local closed = helper.mailbox()
            world.client:options().onClose = closed:on 'onClose'
            local said, problem = callbacks.reported(function()
                world.client:connect(world.guarded)
                closed:expect 'onClose'
            end)
            assert.is_nil(problem)
            assert.same({}, said)
            -- The router does not answer a message that is too long for a stranger.
            if name ~= 'a huge string' then assert.matches('^wamp%.error%.', heard.error) end
            world:check_health()
        end)
    end

    it('§6.3 rpc: many values, of which the first counts', function()
        local outcome, list = answer_of({ argsList = { 1, 2 } }, { argsList = { 3 } }, error, nil, 5)
        assert.equal('onSuccess', outcome)
        assert.same({ 1, 2 }, list)
    end)

    it('§6.3 rpc: a huge table', function()
        local huge = {}
        for i = 1, 100000 do huge[i] = i end
        local outcome, list = answer_of { argsList = huge }
        assert.equal('onSuccess', outcome)
        assert.equal(100000, #list)
        world:check_health()
    end)

    it('§6.3 rpc: more than the router takes ends the session, not the client', function()
        world = callbacks.world({ open = helper.router { maxMessageSize = 10000 }:url() })
        world:join()
        helper.registered(world.client, 'a.b', function() return { argsList = { ('x'):rep(20000) } } end)
        local outcome, err = helper.called(world.client, 'a.b')
        assert.equal('onError', outcome)
        assert.equal('wamp.error.network_failure', err.error)
        world:check_health()
    end)
end)
