-- Clients that are collected, or whose program ends, while they are busy with something.

local callbacks = require 'spec.support.callbacks'
local ev = require 'ev'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'
local lfs = require 'lfs'
local wire = require 'spec.support.wire'

local function ignore() end

local function collect()
    for _ = 1, 3 do collectgarbage() end
end

local function entries(path)
    local count = 0
    for _ in lfs.dir(path) do count = count + 1 end
    return count
end

local function descriptors() return entries '/proc/self/fd' end

local function threads() return entries '/proc/self/task' end

-- Runs with a loop of its own, which nobody holds afterwards.
local function alone(url, busy)
    local own = ev.Loop.new()
    local options = { realm = 'realm1', eventLoop = own, reconnectInterval = 0.001 }
    local client = loowy.new(nil, options)
    busy(client, own, url, options)
end

local function join(client, own, url)
    client:options { onConnect = function() own:unloop() end }
    client:connect(url)
    own:loop()
    assert(client:getSessionId())
end

local function fill(client)
    for i = 1, 20 do
        client:publish('a.b', { ('x'):rep(1000) }, { onSuccess = ignore, onError = ignore })
        client:call('nobody.there', { i }, { onSuccess = ignore, onError = ignore })
        client:subscribe('a.b.' .. i, ignore)
        client:register('a.c.' .. i, ignore)
    end
end

local BUSY = {
    ['never used'] = ignore,
    ['with a queue that was never sent'] = function(client) fill(client) end,
    ['connecting'] = function(client, _, url) client:connect(url) end,
    ['connecting with a full queue'] = function(client, _, url) fill(client) client:connect(url) end,
    ['joined'] = join,
    ['with requests under way'] = function(client, own, url) join(client, own, url) fill(client) end,
    ['leaving'] = function(client, own, url) join(client, own, url) client:disconnect() end,
    ['with the connection lost'] = function(client, own, url) join(client, own, url) client:abort() end,
    ['waiting to reconnect'] = function(client, own, url)
        join(client, own, url)
        client:options { reconnectInterval = 60 }
        client:abort()
        while client:getSessionId() do client:poll(5) end
    end,
    ['inside of its own callback'] = function(client, own, url)
        client:options { onConnect = function()
            client = nil
            collect()
            own:unloop()
        end }
        client:connect(url)
        own:loop()
    end,
}

describe('a client that is collected', function()
    local url

    setup(function() url = helper.router():url() end)
    teardown(helper.close)

    for name, busy in pairs(BUSY) do
        it(name .. ': leaves neither descriptors, threads nor memory behind', function()
            local function round(count)
                for _ = 1, count do
                    -- In a coroutine, whose stack goes with it.
                    assert(coroutine.resume(coroutine.create(alone), url, busy))
                    collect()
                end
            end
            local function gone(limit)
                -- What is still said is said by a thread.
                local deadline = os.time() + 20
                while descriptors() > limit and os.time() < deadline do collect() end
                return descriptors()
            end

            round(3)
            local before, at_work, memory = descriptors(), threads(), collectgarbage 'count'
            round(15)
            local after = gone(before + 2)
            assert.is_true(after <= before + 2, before .. ' descriptors, then ' .. after)
            assert.is_true(threads() <= at_work, at_work .. ' threads, then ' .. threads())
            assert.is_true(collectgarbage 'count' - memory < 100)
        end)
    end

    it('stays alive as long as a running loop serves it', function()
        local box = helper.mailbox()
        local listener = helper.joined(url)
        helper.subscribed(listener, 'still.there', box:on 'still there')
        do
            local client
            client = loowy.new(url, { realm = 'realm1', onConnect = function()
                client:subscribe('wake.up', function()
                    client:publish 'still.there'
                    client:disconnect()
                end)
                box:on 'joined' ()
            end })
        end
        box:expect 'joined'
        collect()
        listener:publish('wake.up')
        helper.published(listener, 'x.y')
        listener:publish('wake.up')
        box:expect 'still there'
    end)

    it('may be used from the finalizer of another object', function()
        -- LuaJIT 2.1.0-beta3 never leaves a compiled `pairs` loop that a finalizer runs: no matter whose loop.
        local jit = rawget(_G, 'jit')
        if jit then
            jit.off()
            jit.flush()
            finally(jit.on)
        end
        local client = helper.joined(url)
        local box = helper.mailbox()
        helper.subscribed(client, 'last.will', box:on 'last will')
        local function finalize()
            client:publish('last.will', nil, nil, { exclude_me = false })
            client:options { foo = {} }
            client:subscribe('another.topic', ignore)
        end
        -- luacheck: ignore 113
        if newproxy then
            getmetatable(newproxy(true)).__gc = finalize
        else
            setmetatable({}, { __gc = finalize })
        end
        collect()
        box:expect 'last will'
        assert.equal('onSuccess', (helper.published(client, 'x.y')))
    end)
end)

describe('a program that ends inside of a callback', function()
    local routers

    setup(function() routers = callbacks.routers() end)
    teardown(helper.close)

    local PROGRAM = [[
        local callbacks = require 'spec.support.callbacks'
        local routers = { open = %q, guarded = %q }
        for _, scene in ipairs(callbacks.scenes) do
            if scene.name == %q then
                local world = callbacks.world(routers)
                scene.play(world, function() os.exit(%s) end)
            end
        end
    ]]

    local function is_silent_exit(output, status)
        assert.same({ '', 7 }, { output, status })
    end

    local function exits_in(scene, arguments)
        is_silent_exit(helper.run_program(PROGRAM:format(routers.open, routers.guarded, scene, arguments)))
    end

    for _, scene in ipairs(callbacks.scenes) do
        it(('%s: os.exit ends it at once, with its status'):format(scene.name), function()
            exits_in(scene.name, '7')
        end)
    end

    it('so does one that closes the Lua state', function()
        for _, scene in ipairs { 'onConnect', 'onClose', 'onEvent', 'rpc', 'onChallenge', 'cancel onSuccess' } do
            exits_in(scene, '7, true')
        end
    end)

    it('or with a router that says nothing', function()
        local silent = wire.listen()
        is_silent_exit(helper.run_program(([[
            local loop = require('ev').Loop.default
            require('loowy.client').new(%q, { realm = 'realm1' })
            local timer = require('ev').Timer.new(function() os.exit(7) end, 0.01)
            timer:start(loop)
            loop:loop()
        ]]):format(silent.url)))
        silent:close()
    end)
end)
