-- Callbacks that raise whatever a program can raise, for every kind of callback: it is reported, and all goes on.

local callbacks = require 'spec.support.callbacks'
local helper = require 'spec.helper'

local function raising_tostring(inner)
    return setmetatable({}, { __tostring = function() error(inner or 'no text') end })
end

local function endless()
    return 1 + endless()
end

-- Tracing back a stack that has overflowed takes Lua up to a second.
local SLOW = { ['a stack overflow'] = true, ['an object whose text never ends'] = true }

local function is_worth_it(scene, raise)
    return not SLOW[raise] or scene == 'onEvent' or scene == 'rpc'
end

-- name, what raises, what is reported
local RAISES = {
    { 'a string', function() error 'boom' end, 'boom.*traceback' },
    { 'a string without a place', function() error('boom', 0) end, 'boom' },
    { 'a string of bytes', function() error('a\0b\255', 0) end, 'a' },
    { 'a very long string', function() error(('x'):rep(1000000), 0) end, 'xxxx' },
    { 'nil', function() error() end, 'nil' },
    { 'a boolean', function() error(false) end, 'false' },
    { 'a number', function() error(4711) end, '4711' },
    { 'a function', function() error(print) end, 'function' },
    { 'a coroutine', function() error(coroutine.create(endless)) end, 'thread' },
    { 'a userdata', function() error(io.stdout) end, 'file' },
    { 'an empty table', function() error {} end, 'table' },
    { 'a table with a text', function() error { error = 'my.error' } end, 'my.error' },
    { 'a table in a table', function() error { error = { error = {} } } end, 'table' },
    { 'an object with a text', function()
        error(setmetatable({}, { __tostring = function() return 'an object' end }))
    end, 'an object' },
    { 'an object whose text raises', function() error(raising_tostring()) end, 'table' },
    { 'an object whose text raises an object whose text raises', function()
        error(raising_tostring(raising_tostring()))
    end, 'table' },
    { 'a table with an object whose text raises', function() error { error = raising_tostring() } end, 'table' },
    { 'an object whose text is none', function()
        error(setmetatable({}, { __tostring = function() return {} end }))
    end, 'table' },
    { 'an object that raises when it is looked into', function()
        error(setmetatable({}, { __index = function() error 'no field' end }))
    end, 'table' },
    { 'an object whose text never ends', function()
        error(setmetatable({}, { __tostring = endless }))
    end, '.' },
    { 'a stack overflow', endless, 'overflow' },
    { 'an error in an error handler', function()
        local _, problem = xpcall(error, function() error 'again' end)
        error(problem)
    end, '.' },
}

describe('a callback that raises', function()
    local routers, world

    setup(function()
        routers = callbacks.routers()
    end)

    after_each(function() world:finish() end)
    teardown(helper.close)

    for _, scene in ipairs(callbacks.scenes) do
        for _, raise in ipairs(RAISES) do
            local name, fn, report = raise[1], raise[2], raise[3]
            local function spec()
                world = callbacks.world(routers)
                local said, problem = callbacks.reported(scene.play, world, world:counted(fn))
                if not scene.direct then assert.is_nil(problem) end
                assert.equal(1, world.calls)
                if scene.direct or scene.answers then
                    -- Whoever called it is told.
                    assert.same({}, said)
                else
                    assert.equal(1, #said, table.concat(said))
                    assert.matches('^CALLBACK FAILED: .*' .. report, said[1])
                end
                world:check_health()
            end
            if is_worth_it(scene.name, name) then
                it(('Q02 %s raises %s: it is reported, and everything goes on'):format(scene.name, name), spec)
            end
        end
    end
end)
