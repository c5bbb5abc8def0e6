--- Lua code that runs in the middle of the client's own: hooks of the debug library between two instructions,
-- finalizers wherever memory is allocated, metamethods of what the program hands over. All may use the same client.

local helper = require 'spec.helper'

local function ignore() end

-- An object whose collection calls `finalize`.
local function finalized(finalize)
    if newproxy then -- luacheck: ignore 143
        local object = newproxy(true) -- luacheck: ignore 113
        getmetatable(object).__gc = finalize
        return object
    end
    return setmetatable({}, { __gc = finalize })
end

-- Calls `fn` while `deed` runs at every event of that kind; what `deed` raises is raised after all.
local function hooked(mode, count, deed, fn, ...)
    local failure
    debug.sethook(function()
        local ok, why = pcall(deed)
        if not ok then failure = why end
    end, mode, count)
    local ok, why = pcall(fn, ...)
    debug.sethook()
    assert(ok, why)
    assert(not failure, failure)
end

-- Whether there is something under each number up to that one.
local function complete(list, count)
    for i = 1, count do
        if not list[i] then return false end
    end
    return true
end

-- Polls until that is true. Only a failing spec polls so often.
local function polled(client, ready)
    for _ = 1, 2000 do
        if ready() then return end
        client:poll(0.01)
    end
    error('outcomes are missing', 2)
end

describe('a client that is used by a hook in the middle of its methods', function()
    local client, box

    before_each(function()
        client = helper.joined(helper.router {}:url())
        box = helper.mailbox()
    end)
    after_each(helper.close)

    -- What the router answers at once.
    local REQUESTS = {
        call = function() client:call('nobody.knows', nil, box:callbacks('onSuccess', 'onError')) end,
        publish = function() client:publish('a.topic', { 1 }, box:callbacks('onSuccess', 'onError')) end,
        subscribe = function()
            local callbacks = box:callbacks('onSuccess', 'onError')
            callbacks.onEvent = ignore
            client:subscribe('a.topic', callbacks)
        end,
        unsubscribe = function() client:unsubscribe('subscribed', box:callbacks('onSuccess', 'onError')) end,
        register = function()
            local callbacks = box:callbacks('onSuccess', 'onError')
            callbacks.rpc = ignore
            client:register('a.procedure', callbacks)
        end,
        unregister = function() client:unregister('registered', box:callbacks('onSuccess', 'onError')) end,
    }

    for name, request in pairs(REQUESTS) do
        it(('%s has its outcome, even if that arrives before the method returns'):format(name), function()
            helper.subscribed(client, 'subscribed', ignore)
            helper.registered(client, 'registered', ignore)
            hooked('l', nil, function() client:poll(0.01) end, request)
            box:expect(name == 'call' and 'onError' or 'onSuccess')
            client:poll(0)
            assert.is_nil(box[1])
        end)
    end

    for _, mode in ipairs { '', 'c', 'r', 'l' } do
        it(('hears everything once, whatever the hook does with it (mode %q)'):format(mode), function()
            local outcomes, events, inner, asked, number = {}, {}, {}, 0, 0
            helper.registered(client, 'echo', function(call) return { argsList = call.argsList } end)
            helper.subscribed(client, 'topic', function(event)
                local i = event.argsList[1]
                events[i] = (events[i] or 0) + 1
            end)
            local deeds = {
                function() client:poll(0) end,
                function() client:publish('other.topic', { number }) end,
                function()
                    asked = asked + 1
                    local mine = asked
                    local function answered() inner[mine] = (inner[mine] or 0) + 1 end
                    client:call('nobody.knows', nil, { onSuccess = ignore, onError = answered })
                end,
                function() client:subscribe('topic.' .. number % 3, ignore) end,
                function() client:unsubscribe('topic.' .. number % 3) end,
                function() client:options { reconnectInterval = number % 5 + 1 } end,
                function() client:options().maxRetries = number end,
                function() collectgarbage 'step' end,
                function() assert(client:getSessionId() and client:getOpStatus() and client:getfd()) end,
            }
            local function play()
                for i = 1, 40 do
                    client:call('echo', { i }, { onSuccess = function(list)
                        assert(list[1] == i)
                        outcomes[i] = (outcomes[i] or 0) + 1
                    end })
                    client:publish('topic', { i }, nil, { exclude_me = false })
                    if i % 8 == 0 then client:poll(0) end
                end
                for _ = 1, 20 do client:poll(0.001) end
            end
            hooked(mode, mode == '' and 7 or nil, function()
                number = number + 1
                deeds[number % #deeds + 1]()
            end, play)
            assert.is_true(number > 100)
            polled(client, function()
                return complete(outcomes, 40) and complete(events, 40) and complete(inner, asked)
            end)
            for i = 1, 40 do assert.same({ 1, 1 }, { outcomes[i], events[i] }) end
            for i = 1, asked do assert.equal(1, inner[i]) end
        end)
    end
end)

describe('a client that finalizers use', function()
    after_each(helper.close)

    it('hears everything once', function()
        local client = helper.joined(helper.router {}:url())
        local outcomes, finalizers, deaf = {}, 0, false
        helper.registered(client, 'echo', function(call) return { argsList = call.argsList } end)
        local function finalize()
            if deaf then return end
            finalizers = finalizers + 1
            client:poll(0)
            client:publish('a.topic', { finalizers })
            client:getOpStatus()
        end
        collectgarbage('setpause', 0)
        collectgarbage()
        local calls = 0
        while calls < 300 or finalizers < 100 do
            calls = calls + 1
            for _ = 1, 10 do finalized(finalize) end
            client:call('echo', { calls, { ('x'):rep(100) } }, { onSuccess = function(list)
                outcomes[list[1]] = (outcomes[list[1]] or 0) + 1
            end })
            if calls % 10 == 0 then client:poll(0) end
        end
        polled(client, function() return complete(outcomes, calls) end)
        deaf = true
        collectgarbage('setpause', 200)
        for i = 1, calls do assert.equal(1, outcomes[i]) end
    end)
end)

describe('metamethods of what a program hands over', function()
    after_each(helper.close)

    it('never run inside of the core, and may use the client where they run', function()
        local client = helper.joined(helper.router {}:url())
        local ran = 0
        local function use()
            ran = ran + 1
            client:poll(0)
            client:publish('a.topic', { ran })
        end
        local class = {
            __index = function() use() end, __newindex = use, __len = function() use() return 1 end,
            __pairs = function(t) use() return next, t end, __ipairs = function(t) use() return ipairs(t) end,
            __tostring = function() use() return 'nobody.knows' end, __eq = function() use() return true end,
            __call = function() use() end, __concat = function() use() return '' end,
        }
        local function object(content) return setmetatable(content or {}, class) end
        local box = helper.mailbox()
        local function attempt(method, ...) pcall(client[method], client, ...) end
        local callbacks = box:callbacks('onError')
        callbacks.onSuccess = ignore
        client:call('nobody.knows', object { object { 1 }, a = object() }, callbacks)
        box:expect 'onError'
        assert.equal(0, ran)
        for _, method in ipairs { 'call', 'publish', 'subscribe', 'unsubscribe', 'register', 'unregister', 'cancel',
            'options', 'poll', 'connect' } do
            attempt(method, object())
            attempt(method, 'nobody.knows', object(), object(), object())
            attempt(method, object(), object { object() }, object { onSuccess = object() }, object { object() })
        end
        assert.is_true(ran > 0)
        local again = helper.joined(helper.router {}:url())
        assert.is_number(again:getSessionId())
        again:call('nobody.knows', { 1 }, callbacks)
        box:expect 'onError'
    end)
end)
