-- Options of every wrong type: an error that names the option, or no effect; never an error from inside of the loop.

local callbacks = require 'spec.support.callbacks'
local ev = require 'ev'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'
local nonsense = require 'spec.support.nonsense'

local OPTIONS = {
    'realm', 'authid', 'authmethods', 'autoReconnect', 'closeTimeout', 'connectTimeout', 'debug', 'eventLoop',
    'headers', 'helloCustomDetails', 'joinTimeout', 'maxMessageSize', 'maxQueuedBytes', 'maxQueuedMessages',
    'maxRetries', 'onChallenge', 'onClose', 'onConnect', 'onError', 'onReconnect', 'onReconnectSuccess', 'pingInterval',
    'pingTimeout', 'reconnectFactor', 'reconnectInterval', 'reconnectJitter', 'reconnectMaxInterval', 'resultTable',
    'retryFirstConnect', 'tls', 'transportEncoding', 'transportType', 'uriValidation', 'foo',
}

local loop = ev.Loop.default

describe('a nonsensical option', function()
    local url, connected, client, quiet_print

    setup(function()
        url = helper.router():url()
        quiet_print = _G.print
        _G.print = function() end -- luacheck: ignore 122
    end)

    teardown(function()
        _G.print = quiet_print -- luacheck: ignore 122
        helper.close()
    end)

    -- A client in a session; the same again as long as the specs leave it well.
    local function in_session()
        if not connected then connected = helper.joined(url) end
        if connected:getSessionId() then return end
        local box = helper.mailbox()
        connected:options { autoReconnect = true, onConnect = box:on 'onConnect' }
        connected:connect()
        box:expect 'onConnect'
    end

    before_each(function()
        in_session()
        client = nil
    end)

    -- Whatever a failed spec leaves behind does not disturb the next one.
    local function leave(left)
        left:options { closeTimeout = 3, autoReconnect = false }
        left:options().onClose = nil
        left:disconnect()
        left:abort()
        loop:loop()
        assert.is_nil(left:getSessionId())
    end

    local function well()
        return helper.published(connected, 'a.b', { 1 }) == 'onSuccess'
    end

    -- Connects, and leaves as soon as something has happened.
    local function lives_and_ends()
        local happened = helper.mailbox():on 'something'
        local live = client:options()
        for _, name in ipairs { 'onConnect', 'onError', 'onClose', 'onReconnect' } do
            if type(live[name]) ~= 'function' then live[name] = happened end
        end
        client:connect(url)
        local timer = ev.Timer.new(happened, 0.05)
        timer:start(loop)
        loop:loop()
        timer:stop(loop)
    end

    local function is_named(message, option)
        assert.matches('nonsense_options_spec.lua:%d+: ', message)
        assert.matches(option, message, 1, true)
    end

    -- Runs it, with nothing on standard error.
    local function silently(fn, ...)
        local said, problem = callbacks.reported(fn, ...)
        if problem then connected = nil end
        assert.is_nil(problem)
        assert.same({}, said)
    end

    local function given_to_new(option, value)
        leave(connected)
        local given = { realm = 'realm1', reconnectInterval = 0.01, maxRetries = 1, [option] = value }
        local ok, message = pcall(function() client = loowy.new(nil, given) end)
        if not ok then return is_named(message, option) end
        lives_and_ends()
        leave(client)
    end

    local function given_to_options(option, value)
        local before = connected:options()[option]
        local ok, message = pcall(function() connected:options { [option] = value } end)
        if not ok then
            is_named(message, option)
            assert.equal(before, connected:options()[option])
        end
        local accepted = connected:options()
        connected:options().uriValidation = nil
        assert.is_true(well())
        accepted[option] = before
    end

    local function put_into_the_live_table(option, value)
        local live = connected:options()
        local before = live[option]
        live[option] = value
        connected:publish('a.b')
        helper.published(connected, 'a.b', { 1 })
        live[option] = before
        assert.is_true(well())
    end

    local function spec_of(option, name, value)
        local title = ('O08 %s = %s, '):format(option, name)
        it(title .. 'given to options while connected', function()
            silently(given_to_options, option, value)
        end)

        it(title .. 'put into the live table', function()
            local said, problem = callbacks.reported(put_into_the_live_table, option, value)
            if problem then connected = nil end
            assert.is_nil(problem)
            assert.is_true(#said <= 1, table.concat(said))
            if said[1] then assert.matches('^CALLBACK FAILED: .*' .. option, said[1]) end
        end)
    end

    for _, option in ipairs(OPTIONS) do
        for _, case in ipairs(nonsense.values) do
            local makes_sense = type(case[2]) == 'function' and option:find '^on'
            if not makes_sense then spec_of(option, case[1], case[2]) end
        end

        it(('O08 %s = nonsense, given to new'):format(option), function()
            collectgarbage()
            for _, case in ipairs(nonsense.values) do
                in_session()
                local makes_sense = type(case[2]) == 'function' and option:find '^on'
                if not makes_sense then silently(given_to_new, option, case[2]) end
            end
        end)
    end
end)
