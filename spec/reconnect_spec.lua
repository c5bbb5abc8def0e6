--- What happens when the connection is lost: a real router is killed and comes back under the same URL.

local helper = require 'spec.helper'

describe('a lost connection', function()
    local router, box

    before_each(function()
        router = helper.router_process()
        box = helper.mailbox()
    end)

    after_each(helper.close)

    local function joined(options)
        options = options or {}
        options.reconnectInterval = options.reconnectInterval or 0.05
        for _, name in ipairs { 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess' } do
            options[name] = options[name] or box:on(name)
        end
        return helper.joined(router.url, options)
    end

    -- Skips the attempts that come too early for the router that is starting again.
    local function back()
        local name
        repeat name = box:next 'onReconnectSuccess' until name == 'onReconnectSuccess'
            or (name ~= 'onReconnect' and name ~= 'onError')
        assert.equal('onReconnectSuccess', name)
    end

    it('L20 is found again: onReconnect, then onReconnectSuccess, without onError for the loss', function()
        joined()
        router:kill()
        box:expect 'onReconnect'
        router:start()
        back()
    end)

    it('L21 Q16 Q17 retries end with onClose; a connect() made there works', function()
        local client
        client = joined { maxRetries = 2, onClose = function()
            router:start()
            client:connect(router.url)
        end }
        client:options { onConnect = box:on 'onConnect' }
        router:kill()
        for _ = 1, 2 do
            box:expect 'onReconnect'
            assert.same({ error = 'connection refused' }, box:expect 'onError')
        end
        box:expect 'onConnect'
    end)

    it('Q05 disconnect while waiting ends it: onClose once', function()
        local client = joined { reconnectInterval = 60, maxRetries = 5 }
        router:kill()
        while client:getSessionId() do client:poll(5) end
        client:disconnect()
        box:expect 'onClose'
        box:ends()
    end)

    it('autoReconnect = false closes at once', function()
        joined { autoReconnect = false }
        router:kill()
        box:expect 'onClose'
        box:ends()
    end)

    it('Q10 subscriptions and registrations come back with their options and all their callbacks', function()
        local client = joined()
        helper.subscribed(client, 'pre', box:on 'first', { match = 'prefix' })
        client:subscribe('pre', box:on 'second', { match = 'prefix' })
        helper.registered(client, 'w..x', function(data) return { argsList = { data.details.procedure } } end,
            { match = 'wildcard', invoke = 'roundrobin' })
        router:kill()
        box:expect 'onReconnect'
        router:start()
        back()
        local other = helper.joined(router.url)
        local _, list = helper.called(other, 'w.y.x')
        assert.equal('w.y.x', list[1])
        other:publish('pre.fix', 1)
        box:expect 'first'
        box:expect 'second'
    end)

    it('L38 request numbers go on over a reconnect', function()
        local client = joined()
        helper.published(client, 'a.b', 1)
        local before = client:getOpStatus().reqId
        router:kill()
        box:expect 'onReconnect'
        router:start()
        back()
        helper.published(client, 'a.b', 1)
        assert.equal(before + 1, client:getOpStatus().reqId)
    end)

    it('L39 C05 what is sent meanwhile is queued and sent after it', function()
        local client = joined()
        helper.subscribed(client, 'a.b', box:on 'onEvent')
        router:kill()
        box:expect 'onReconnect'
        client:publish('a.b', { 'queued' }, box:callbacks('onSuccess'), { exclude_me = false })
        router:start()
        back()
        local seen = { [(box:next())] = true, [(box:next())] = true }
        assert.same({ onSuccess = true, onEvent = true }, seen)
    end)

    it('Q36 a call in flight fails once, with a clear error', function()
        local client = joined()
        helper.registered(client, 'slow', function() return { options = { progress = true } } end)
        client:call('slow', nil, box:callbacks('onSuccess', 'onError'), { receive_progress = true })
        box:expect 'onSuccess'
        client:options().onError = nil
        router:kill()
        local err = box:expect 'onError'
        assert.equal('wamp.error.network_failure', err.error)
        assert.is_string(err.argsList[1])
        box:expect 'onReconnect'
    end)

    it('Q36 a subscribe in flight is sent again', function()
        local client = joined()
        router:kill()
        client:subscribe('a.b', { onEvent = box:on 'onEvent', onSuccess = box:on 'subscribed' })
        box:expect 'onReconnect'
        router:start()
        back()
        box:expect 'subscribed'
    end)

    it('K11 a new connect() after the final close restores nothing', function()
        local client
        client = joined { autoReconnect = false }
        helper.subscribed(client, 'a.b', box:on 'onEvent')
        client:disconnect()
        box:expect 'onClose'
        client:options { onConnect = box:on 'onConnect' }
        client:connect()
        box:expect 'onConnect'
        helper.published(client, 'a.b', 1, { exclude_me = false })
        assert.equal('', box:names())
        client:unsubscribe('a.b')
        assert.equal(7, client:getOpStatus().code)
    end)
end)
