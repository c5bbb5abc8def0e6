-- The live table of options, changed by the program while its client is at work.

local callbacks = require 'spec.support.callbacks'
local ev = require 'ev'
local helper = require 'spec.helper'
local socket = require 'socket'
local wire = require 'spec.support.wire'

local loop = ev.Loop.default

describe('the live table of options', function()
    local box

    before_each(function() box = helper.mailbox() end)
    after_each(helper.close)

    -- A client whose next attempt to connect is announced, which it has not heard yet.
    local function announced()
        local client = helper.joined(helper.router():url(), { reconnectInterval = 0.001 })
        for name, fn in pairs(box:callbacks('onReconnect', 'onReconnectSuccess', 'onClose', 'onError')) do
            client:options()[name] = fn
        end
        client:abort()
        while client:getSessionId() do client:poll(5) end
        local descriptor = { getfd = function() return client:getfd() end, dirty = function() return false end }
        assert.equal(descriptor, socket.select({ descriptor }, nil, 20)[1])
        return client
    end

    for name, value in pairs { autoReconnect = false, maxRetries = 0 } do
        it(('§3.2 %s = %s while waiting: no attempt follows, onClose once'):format(name, tostring(value)), function()
            local client = announced()
            client:options()[name] = value
            loop:loop()
            assert.equal('onClose', box:names())
        end)

        it(('§3.2 options{ %s = %s } while waiting: the same'):format(name, tostring(value)), function()
            local client = announced()
            client:options { [name] = value }
            loop:loop()
            assert.equal('onClose', box:names())
        end)
    end

    it('Q05 disconnect and abort before the attempt was heard of: only onClose', function()
        for _, how in ipairs { 'disconnect', 'abort' } do
            local client = announced()
            client[how](client)
            loop:loop()
            assert.equal('onClose', box:names())
            table.remove(box)
        end
    end)

    it('turning autoReconnect off inside onReconnect lets that attempt go on', function()
        local client = announced()
        client:options().onReconnect = function() client:options().autoReconnect = false end
        box:expect 'onReconnectSuccess'
        client:abort()
        box:expect 'onClose'
        box:ends()
    end)

    it('a wrong value put there inside onReconnect is reported, and the attempt goes on', function()
        local client = announced()
        client:options().onReconnect = function() client:options().joinTimeout = 'soon' end
        local said = callbacks.reported(function() box:expect 'onReconnectSuccess' end)
        assert.equal(1, #said)
        assert.matches("^CALLBACK FAILED: option 'joinTimeout'", said[1])
        client:options().joinTimeout = nil
    end)

    it('K06 I08 a connect that fails while a turn ends is told all the same, before the loop ends', function()
        local router = helper.router()
        local url = router:url()
        router:stop()
        local client = helper.client()
        local descriptor = { getfd = function() return client:getfd() end, dirty = function() return false end }
        local told, connecting = 0, nil
        client:options().onError = function()
            told = told + 1
            if told > 1 then return end
            local listener = wire.listen()
            client:connect(listener.url)
            connecting = listener
        end
        -- The options are looked at once more when the callbacks have run.
        setmetatable(client:options(), { __index = function()
            local failing = connecting
            if not failing then return end
            connecting = nil
            failing:request().peer:close()
            socket.select({ descriptor }, nil, 20)
            failing:close()
        end })
        client:connect(url)
        loop:loop()
        assert.equal(2, told)
    end)

    it('may have a metatable that raises: it is reported, and the client goes on', function()
        local client = helper.joined(helper.router():url())
        local live = client:options()
        local said = callbacks.reported(function()
            client:publish('a.b', nil, box:callbacks 'onSuccess')
            setmetatable(live, { __index = function(_, key) error('no ' .. key) end })
            box:expect 'onSuccess'
        end)
        setmetatable(live, nil)
        assert.matches('^CALLBACK FAILED: .*no ', said[1])
        assert.equal('onSuccess', (helper.published(client, 'a.b')))
    end)

    it('may be emptied: the defaults count', function()
        local client = helper.joined(helper.router():url())
        local live = client:options()
        for name in pairs(live) do live[name] = nil end
        assert.equal('onSuccess', (helper.published(client, 'a.b')))
        live.onClose = box:on 'onClose'
        client:disconnect()
        box:expect 'onClose'
        client:connect()
        assert.equal(21, client:getOpStatus().code)
    end)
end)
