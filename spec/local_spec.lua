--- Clients that reach a router of their own program by its name.

local helper = require 'spec.helper'
local router = require 'loowy.router'

describe('a router in the same program', function()
    after_each(helper.close)

    it('is reached by its name, beside its other addresses', function()
        local instance = helper.router { listen = { 'local:home', 'ws://127.0.0.1:0/ws' } }
        assert.equal('local:home', instance:url())
        local urls = instance:urls()
        assert.equal('local:home', urls[1])
        assert.matches('^ws://127%.0%.0%.1:%d+/ws$', urls[2])
        local inside, box = helper.joined('local:home', { transportEncoding = 'msgpack' }), helper.mailbox()
        helper.subscribed(inside, 'a.topic', box:on 'onEvent')
        local another = helper.joined 'local:home'
        assert.equal('onSuccess', (helper.published(another, 'a.topic', { 'hello' })))
        assert.same({ 'hello' }, box:expect('onEvent').argsList)
    end)

    it('is known by name alone, which is not taken twice', function()
        helper.router { listen = 'local:home' }
        local ok, message = router.new({ listen = 'local:home', realms = { 'realm1' } }):start()
        assert.is_nil(ok)
        assert.matches('local:home: the address is in use', message, 1, true)
        helper.router { listen = 'local:garden' }
        helper.joined 'local:garden'
    end)

    it('is named when it is not there', function()
        local box = helper.mailbox()
        helper.client { onError = box:on 'onError' }:connect 'local:nowhere'
        assert.same({ error = 'no router of this program listens on local:nowhere' }, box:expect 'onError')
        for _, url in ipairs { 'local:', 'local:a b', 'local:a/b' } do
            local client = helper.client()
            local ok, message = pcall(function() client:connect(url) end)
            assert.is_false(ok)
            assert.matches('Invalid URL:' .. url, message, 1, true)
        end
    end)

    it('says goodbye when it stops, and is found again under its name', function()
        local instance, box = helper.router { listen = 'local:home' }, helper.mailbox()
        local client = helper.joined('local:home', { onClose = box:on 'onClose' })
        instance:stop()
        box:expect 'onClose'
        client:options { onConnect = box:on 'onConnect', onError = box:on 'onError' }
        client:connect()
        assert.matches('no router of this program', box:expect('onError').error, 1, true)
        assert(instance:start())
        client:connect()
        box:expect 'onConnect'
    end)

    it('carries more than its sockets hold', function()
        helper.router { listen = 'local:home' }
        local callee, caller, text = helper.joined 'local:home', helper.joined 'local:home', ('x'):rep(100000)
        helper.registered(callee, 'an.echo', function(invocation) return { argsList = invocation.argsList } end)
        local box = helper.mailbox()
        for _ = 1, 50 do caller:call('an.echo', { text }, box:callbacks('onSuccess', 'onError')) end
        for _ = 1, 50 do assert.is_true(box:expect('onSuccess')[1] == text) end
    end)
end)
