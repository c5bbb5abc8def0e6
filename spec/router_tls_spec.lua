local helper = require 'spec.helper'
local router = require 'loowy.router'

local CERT, KEY = 'spec/support/tls/cert.pem', 'spec/support/tls/key.pem'
local LISTEN = 'wss://127.0.0.1:0/ws'
local TRUSTING = { ca = CERT }
local OTHER_KEY = [[
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWqZRfIlES2vWFND7
kWmGVIthdA8RtW4csY2q4PGO7jChRANCAARJpMrUtI6tLOLtPxo8BupuFUgWbmqX
x6PvO8gDE+3XDfFFWS/AYiyTZE0atFQAiuJICXBncXCsEuTg2Q7fXWut
-----END PRIVATE KEY-----
]]

local function content(file)
    local handle = assert(io.open(file))
    local all = handle:read '*a'
    handle:close()
    return all
end

local function secured(options)
    options = options or {}
    options.listen = options.listen or LISTEN
    options.tls = options.tls or { cert = CERT, key = KEY }
    return helper.router(options)
end

local function wrong(tls, listen)
    local ok, message = pcall(router.new, { listen = listen or LISTEN, realms = { 'realm1' }, tls = tls })
    assert.is_false(ok)
    return message
end

local function not_started(tls)
    local instance = router.new { listen = LISTEN, realms = { 'realm1' }, tls = tls }
    local ok, message = instance:start()
    assert.is_nil(ok)
    assert.is_nil(instance:url())
    return message
end

describe('loowy.router on wss://', function()
    after_each(helper.close)

    for name, tls in pairs {
        ['files'] = { cert = CERT, key = KEY },
        ['texts'] = { cert = content(CERT), key = content(KEY) },
        ['a file and a text'] = { cert = CERT, key = content(KEY) },
    } do
        it('takes certificate and key as ' .. name, function()
            local url = secured { tls = tls }:url()
            assert.matches('^wss://127%.0%.0%.1:%d+/ws$', url)
            for _, encoding in ipairs { 'json', 'msgpack', 'cbor' } do
                local client = helper.joined(url, { tls = TRUSTING, transportEncoding = encoding })
                assert.equal('onSuccess', (helper.published(client, 'a.b', { 1 })))
            end
        end)
    end

    it('is refused by clients that do not trust it', function()
        local box = helper.mailbox()
        local client = helper.client { onConnect = box:on 'onConnect', onError = box:on 'onError' }
        client:connect(secured():url())
        assert.matches('UnknownIssuer', box:expect('onError').error, 1, true)
    end)

    it('routes between ws:// and wss://', function()
        local other, box = helper.router(), helper.mailbox()
        local plain = other:url()
        other:stop()
        local url = secured { listen = { LISTEN, plain } }:url()
        local encrypted, clear = helper.joined(url, { tls = TRUSTING }), helper.joined(plain)
        helper.subscribed(encrypted, 'a.topic', box:on 'encrypted')
        helper.subscribed(clear, 'a.topic', box:on 'clear')
        helper.published(clear, 'a.topic', { 1 })
        assert.same({ 1 }, box:expect('encrypted').argsList)
        helper.published(encrypted, 'a.topic', { 2 })
        assert.same({ 2 }, box:expect('clear').argsList)
    end)

    it('carries calls and events of all sizes, both ways', function()
        local url, box = secured():url(), helper.mailbox()
        local callee = helper.joined(url, { tls = TRUSTING })
        local caller = helper.joined(url, { tls = TRUSTING, transportEncoding = 'msgpack' })
        helper.registered(callee, 'an.echo', function(call) return { argsList = call.argsList } end)
        helper.subscribed(callee, 'a.topic', box:on 'event')
        for _, size in ipairs { 0, 1, 4000, 16384, 65536, 3000000 } do
            local sent = ('x'):rep(size)
            local outcome, list = helper.called(caller, 'an.echo', { sent })
            assert.equal('onSuccess', outcome)
            assert.is_true(list[1] == sent)
            caller:publish('a.topic', { sent })
            assert.is_true(box:expect('event').argsList[1] == sent)
        end
    end)

    it('keeps the order of many events that wait together', function()
        local url, box = secured():url(), helper.mailbox()
        local subscriber = helper.joined(url, { tls = TRUSTING })
        local publisher = helper.joined(url, { tls = TRUSTING })
        helper.subscribed(subscriber, 'a.topic', box:on 'event')
        for i = 1, 2000 do publisher:publish('a.topic', { i, ('x'):rep(i) }) end
        for i = 1, 2000 do assert.equal(i, box:expect('event').argsList[1]) end
    end)

    it('says goodbye, frees its port and reads its files again', function()
        local cert, key = os.tmpname(), os.tmpname()
        finally(function()
            os.remove(cert)
            os.remove(key)
        end)
        local function write(file, text)
            local handle = assert(io.open(file, 'w'))
            handle:write(text)
            handle:close()
        end
        write(cert, content(CERT))
        write(key, content(KEY))
        local box = helper.mailbox()
        local instance = secured { tls = { cert = cert, key = key } }
        local client = helper.joined(instance:url(), {
            tls = TRUSTING, autoReconnect = false, onClose = box:on 'onClose',
        })
        assert.is_not_nil(client:getSessionId())
        instance:stop()
        box:expect 'onClose'
        write(key, 'nothing')
        local ok, message = instance:start()
        assert.is_nil(ok)
        assert.matches("option 'tls.key': " .. key .. ': no private key in it', message, 1, true)
        write(key, content(KEY))
        assert(instance:start())
        helper.joined(instance:url(), { tls = TRUSTING })
    end)

    it('names what is missing or wrong in the table', function()
        assert.matches("option 'tls': wss:// needs a certificate and its key", wrong(nil), 1, true)
        assert.matches("option 'tls.key': expected string, got nil", wrong { cert = CERT }, 1, true)
        assert.matches("option 'tls.cert': expected string, got nil", wrong { key = KEY }, 1, true)
        assert.matches('unknown field `ca`', wrong { cert = CERT, key = KEY, ca = CERT }, 1, true)
        assert.matches("option 'tls': ", wrong(CERT), 1, true)
        assert.matches('expected a table with cert and key', wrong(CERT), 1, true)
        assert.matches("option 'tls.cert': ", wrong { cert = 5, key = KEY }, 1, true)
        assert.matches("option 'tls.key': ", wrong { cert = CERT, key = {} }, 1, true)
        assert.matches('option', wrong('x', 'ws://127.0.0.1:0/'), 1, true)
    end)

    it('does not start with files that are of no use, and names them', function()
        for message, tls in pairs {
            ["option 'tls.cert': /no/cert.pem: No such file"] = { cert = '/no/cert.pem', key = KEY },
            ["option 'tls.key': /no/key.pem: No such file"] = { cert = CERT, key = '/no/key.pem' },
            ["option 'tls.cert': " .. KEY .. ': no certificate in it'] = { cert = KEY, key = KEY },
            ["option 'tls.key': no private key in it"] = { cert = CERT, key = content(CERT) },
            ["option 'tls.cert': "] = { cert = (content(CERT):gsub('MII', 'MIJ')), key = KEY },
            ["option 'tls.key': it is not the key of tls.cert"] = { cert = CERT, key = OTHER_KEY },
        } do
            assert.matches(message, not_started(tls), 1, true)
        end
    end)

    it('does not show its key in an error', function()
        local key = content(KEY):gsub('\n.', '\n*')
        local message = not_started { cert = CERT, key = key }
        assert.is_nil(message:find(key:match '\n(%S+)', 1, true))
    end)
end)
