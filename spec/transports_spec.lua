--- The client on each of our router's transports: all the same but for the URL.

local helper = require 'spec.helper'
local router = require 'loowy.router'

local TLS = { cert = 'spec/support/tls/cert.pem', key = 'spec/support/tls/key.pem' }
local TRUSTING = { ca = TLS.cert }

-- A name that no file has; the router makes the file.
local function fresh()
    local name = os.tmpname()
    os.remove(name)
    return name
end

local function exists(file)
    return (os.rename(file, file))
end

local transports = {
    ['tcp://'] = function() return 'tcp://127.0.0.1:0' end,
    ['tls://'] = function() return 'tls://127.0.0.1:0' end,
    ['unix://'] = function() return 'unix://' .. fresh() end,
    ['ws+unix://'] = function() return 'ws+unix://' .. fresh() .. ':/ws' end,
}

for name, listen in pairs(transports) do
    for _, encoding in ipairs { 'json', 'msgpack' } do
        describe(('a client of %s with %s'):format(name, encoding), function()
            local url

            after_each(helper.close)

            local function started(options)
                options = options or {}
                options.listen = listen()
                options.tls = name == 'tls://' and TLS or nil
                local instance = helper.router(options)
                url = instance:url()
                return instance
            end

            local function joined(options)
                options = options or {}
                options.transportEncoding, options.tls = encoding, TRUSTING
                return helper.joined(url, options)
            end

            it('calls and is called, publishes and hears', function()
                started()
                local one, other, box = joined(), joined(), helper.mailbox()
                helper.registered(one, 'a.sum', function(invocation)
                    return { argsList = { invocation.argsList[1] + invocation.argsList[2] } }
                end)
                local status, result = helper.called(other, 'a.sum', { 40, 2 })
                assert.equal('onSuccess', status)
                assert.same({ 42 }, result)
                helper.subscribed(other, 'a.topic', box:on 'onEvent')
                assert.equal('onSuccess', (helper.published(one, 'a.topic', { 'hello' })))
                assert.same({ 'hello' }, box:expect('onEvent').argsList)
            end)

            it('carries what is large', function()
                started()
                local one, other, text = joined(), joined(), ('payload '):rep(200000)
                helper.registered(one, 'an.echo', function(invocation) return { argsList = invocation.argsList } end)
                local status, result = helper.called(other, 'an.echo', { text })
                assert.equal('onSuccess', status)
                assert.is_true(result[1] == text)
            end)

            it('leaves in peace', function()
                local instance, box = started(), helper.mailbox()
                local client = joined { onClose = box:on 'onClose' }
                client:disconnect()
                box:expect 'onClose'
                instance:stop()
                box:ends()
            end)

            it('hears that the router stops, and may connect to the next one', function()
                local instance, box = started(), helper.mailbox()
                local client = joined { onClose = box:on 'onClose' }
                instance:stop()
                box:expect 'onClose'
                helper.router { listen = url, tls = name == 'tls://' and TLS or nil }
                client:options { onConnect = box:on 'onConnect' }
                client:connect()
                box:expect 'onConnect'
            end)

            it('notices that the router does not take what is so large', function()
                started { maxMessageSize = 4096 }
                local box = helper.mailbox()
                local client = joined { autoReconnect = false, onClose = box:on 'onClose', onError = box:on 'onError' }
                client:call('a.procedure', { ('x'):rep(10000) }, box:callbacks('onSuccess', 'onError'))
                assert.equal('onError', (box:next()))
                if not name:match '^ws' then
                    -- The request alone has failed: the limit was known.
                    assert.equal('onError', (helper.called(client, 'a.procedure', { 1 })))
                    assert.equal('', box:names())
                end
            end)
        end)
    end
end

describe('a client of a Unix socket', function()
    after_each(helper.close)

    it('comes back when the router was killed and has left its file behind', function()
        for _, url in ipairs { 'unix://' .. fresh(), 'ws+unix://' .. fresh() .. ':/ws' } do
            local process, box = helper.router_process(nil, url), helper.mailbox()
            assert.equal(url, process.url)
            helper.joined(url, {
                reconnectInterval = 0.05, onReconnect = box:on 'onReconnect', onError = function() end,
                onReconnectSuccess = box:on 'onReconnectSuccess',
            })
            process:kill()
            box:expect 'onReconnect'
            local file = url:match '^[%w+]+://([^:]+)'
            assert.is_truthy(exists(file))
            process:start()
            local back
            repeat back = box:next() until back ~= 'onReconnect'
            assert.equal('onReconnectSuccess', back)
            helper.close()
            os.remove(file)
        end
    end)

    it('names the file that is not there', function()
        local box, url = helper.mailbox(), 'unix://' .. fresh()
        helper.client { onError = box:on 'onError' }:connect(url)
        assert.matches(url:match '//(.*)$', box:expect('onError').error, 1, true)
    end)
end)

describe('a router on a Unix socket', function()
    after_each(helper.close)

    it('takes its file along', function()
        local file = fresh()
        local instance = helper.router { listen = { 'unix:' .. file, 'tcp://127.0.0.1:0' } }
        assert.equal('unix://' .. file, instance:url())
        assert.is_truthy(exists(file))
        instance:stop()
        assert.is_nil(exists(file))
    end)

    it('names the one that is in use', function()
        local url = 'unix://' .. fresh()
        helper.router { listen = url }
        local ok, message = router.new({ listen = url, realms = { 'realm1' } }):start()
        assert.is_nil(ok)
        assert.matches(url .. ': the address is in use', message, 1, true)
    end)

    it('lets in whom unixMode names', function()
        local file = fresh()
        helper.router { listen = 'unix:' .. file, unixMode = '0640' }
        local pipe = io.popen('stat -c %a ' .. file)
        assert.equal('640', pipe:read '*l')
        pipe:close()
        for _, mode in ipairs { '888', 'rw', '10000', '' } do
            local ok, message = pcall(router.new, { listen = 'unix:' .. file, realms = { 'realm1' }, unixMode = mode })
            assert.is_false(ok)
            assert.matches("option 'unixMode': ", message, 1, true)
        end
    end)
end)
