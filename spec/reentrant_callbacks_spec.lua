-- Callbacks that use their own client, and their loop, in every way there is, for every kind of callback.

local callbacks = require 'spec.support.callbacks'
local ev = require 'ev'
local helper = require 'spec.helper'
local wire = require 'spec.support.wire'

local loop = ev.Loop.default

local function ignore() end

-- Runs the loop inside of itself until nothing is left to do or a moment has passed.
local function nested_loop()
    local timer = ev.Timer.new(function() loop:unloop() end, 0.002)
    timer:start(loop)
    loop:loop()
    timer:stop(loop)
    loop:unloop()
end

local NESTED_OPTIONS = { reconnectInterval = 0.002, helloCustomDetails = { a = { b = 1 } } }

local DEEDS = {
    { 'disconnects', function(client) client:disconnect() end },
    { 'disconnects twice', function(client) client:disconnect() client:disconnect() end },
    { 'aborts', function(client) client:abort() end },
    { 'connects', function(client) client:connect() end },
    { 'connects elsewhere', function(client, world) client:connect(world.url .. '?elsewhere') end },
    { 'disconnects and connects', function(client) client:disconnect() client:connect() end },
    { 'aborts and connects', function(client) client:abort() client:connect() end },
    { 'subscribes', function(client) client:subscribe('c.d', ignore) end },
    { 'subscribes to the same', function(client) client:subscribe('a.b', ignore) end },
    { 'unsubscribes', function(client) client:unsubscribe 'a.b' end },
    { 'registers', function(client) client:register('c.d', ignore) end },
    { 'unregisters', function(client) client:unregister 'a.b' end },
    { 'publishes', function(client) client:publish('a.b', { 1 }, { onSuccess = ignore }) end },
    { 'publishes a lot', function(client) for i = 1, 300 do client:publish('c.d', { i }) end end },
    { 'calls', function(client) client:call('a.b', nil, ignore) end },
    { 'cancels', function(client)
        client:call('a.b', nil, ignore)
        client:cancel(client:getOpStatus().reqId)
    end },
    { 'cancels its own call', function(client) client:cancel(client:getOpStatus().reqId) end },
    { 'changes options', function(client) client:options(NESTED_OPTIONS) end },
    { 'changes the live options', function(client)
        local live = client:options()
        live.autoReconnect, live.maxRetries = false, 3
    end },
    { 'ends the loop', function() loop:unloop() end },
    { 'runs the loop', nested_loop },
    { 'disconnects and runs the loop', function(client) client:disconnect() nested_loop() end },
    { 'aborts and runs the loop', function(client) client:abort() nested_loop() end },
    { 'polls', function(client) client:poll(0) client:poll() end },
    { 'disconnects and polls', function(client) client:disconnect() client:poll(0.001) end },
    { 'collects garbage', function() collectgarbage() collectgarbage() end },
    { 'drops its callbacks', function(client)
        local live = client:options()
        for name in pairs(live) do
            if name:find '^on' then live[name] = nil end
        end
    end },
    { 'forgets the methods', function(client) for name in pairs(client) do client[name] = nil end end },
}

-- Once, as a callback that does it every time may go on for ever by right.
local function once(deed, world)
    local done = false
    return function()
        if done then return end
        done = true
        deed(world.client, world)
    end
end

-- Methods of its own, which the spec keeps when the program throws them away.
local function copied(client)
    local copy = {}
    for name, method in pairs(client) do copy[name] = method end
    return copy
end

describe('a callback that', function()
    local routers, world

    setup(function() routers = callbacks.routers() end)
    after_each(function() world:finish() end)
    teardown(helper.close)

    for _, scene in ipairs(callbacks.scenes) do
        for _, deed in ipairs(DEEDS) do
            it(('%s: %s, and everything goes on'):format(deed[1], scene.name), function()
                world = callbacks.world(routers)
                local own
                local said, problem = callbacks.reported(scene.play, world, world:counted(once(function(client, w)
                    own = copied(client)
                    deed[2](client, w)
                end, world)))
                for name, method in pairs(own or {}) do world.client[name] = method end
                assert.is_nil(problem)
                assert.is_true(world.calls >= 1)
                assert.same({}, said)
                world:check_health()
            end)
        end
    end

    describe('yields', function()
        local yields

        -- Runs a scene in a coroutine: returns what was reported, and how often the coroutine was suspended.
        local function in_coroutine(play, callback)
            local thread = coroutine.create(play)
            yields = 0
            return callbacks.reported(function()
                local ok, problem = coroutine.resume(thread, world, callback)
                while ok and coroutine.status(thread) == 'suspended' do
                    yields = yields + 1
                    ok, problem = coroutine.resume(thread)
                end
                assert(ok, problem)
            end)
        end

        for _, scene in ipairs(callbacks.scenes) do
            it(('I10 %s, in a loop outside of any coroutine: it fails'):format(scene.name), function()
                world = callbacks.world(routers)
                local said, problem = callbacks.reported(scene.play, world, world:counted(coroutine.yield))
                assert.equal(1, world.calls)
                if scene.direct then
                    assert.matches('yield', problem)
                elseif not scene.answers then
                    assert.matches('^CALLBACK FAILED: .*yield', table.concat(said))
                end
                world:check_health()
            end)

            it(('I10 %s, in a loop inside of a coroutine: it fails'):format(scene.name), function()
                world = callbacks.world(routers)
                local said, problem = in_coroutine(scene.play, world:counted(coroutine.yield))
                assert.is_nil(problem)
                assert.equal(1, world.calls)
                assert.equal(scene.direct and 1 or 0, yields)
                if not scene.direct and not scene.answers then
                    assert.matches('^CALLBACK FAILED: .*yield', table.concat(said))
                end
                world:check_health()
            end)
        end

        it('I10 in poll inside of a coroutine: it fails', function()
            world = callbacks.world(routers)
            world:client_with { onConnect = coroutine.yield }
            local said, problem = in_coroutine(function()
                world.client:connect(world.url)
                while not world.client:getSessionId() do world.client:poll(5) end
            end)
            assert.is_nil(problem)
            assert.equal(0, yields)
            assert.matches('^CALLBACK FAILED: .*yield', table.concat(said))
            world:check_health()
        end)

        it('I10 in the onClose of a disconnect while connecting: it fails', function()
            world = callbacks.world(routers)
            world:client_with { onClose = coroutine.yield }
            local silent = wire.listen()
            local said = in_coroutine(function()
                world.client:connect(silent.url)
                world.client:disconnect()
            end)
            silent:close()
            assert.equal(0, yields)
            assert.matches('^CALLBACK FAILED: .*yield', table.concat(said))
            world:check_health()
        end)
    end)
end)
