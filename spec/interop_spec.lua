--- Other people's clients on our router, and our client on crossbar where the specs of the client do not reach.

local core = require 'loowy_core'
local ev = require 'ev'
local helper = require 'spec.helper'

local crossbar = os.getenv 'WAMP_URL'

local PEERS = {
    ['Autobahn|JS'] = 'NODE_PATH=.deps/node/node_modules node spec/peers/autobahn.js',
    ['Wampy.js'] = 'NODE_PATH=.deps/node/node_modules node spec/peers/wampy.js',
    ['Autobahn|Python'] = '.deps/python/bin/python spec/peers/autobahn_peer.py',
}

local function echo(call)
    return { argsList = call.argsList, argsDict = call.argsDict }
end

local function broken()
    error { uri = 'lua.error.broken', argsList = { 'so it is' }, argsDict = { code = 7 } }
end

for name, command in pairs(PEERS) do
    for _, format in ipairs { 'json', 'msgpack' } do
        describe(name .. ' over ' .. format .. ' #interop', function()
            after_each(helper.close)

            it('meets our client on our router', function()
                local url = helper.router({ realms = { 'realm1' } }):url()
                local client = helper.joined(url, { transportEncoding = format == 'json' and 'msgpack' or 'json' })
                local box = helper.mailbox()
                helper.registered(client, 'lua.echo', echo)
                helper.registered(client, 'lua.fail', broken)
                helper.subscribed(client, 'peer.ready', box:on 'ready')
                helper.subscribed(client, 'peer.heard', box:on 'heard')

                local peer = io.popen(('%s %s %s 2>&1'):format(command, url, format))
                box:expect 'ready'

                local sent = { argsList = { 1, 'ž', { 2, { k = true } } }, argsDict = { a = { b = 1.5 } } }
                local outcome, list, dict = helper.called(client, 'peer.echo', sent)
                assert.equal('onSuccess', outcome)
                assert.same(sent.argsList, list)
                assert.same(sent.argsDict, dict)

                client:publish('lua.topic', sent)
                local event = box:expect 'heard'
                assert.same(sent.argsList, event.argsList)
                assert.same(sent.argsDict, event.argsDict)

                helper.published(client, 'peer.stop')
                local said = peer:read '*a'
                local closed, _, status = peer:close()
                assert(closed == true and (status == nil or status == 0), said)
            end)
        end)
    end
end

describe('crossbar #interop', function()
    after_each(helper.close)

    local function login(authid, secret)
        local box = helper.mailbox()
        local options = box:callbacks('onConnect', 'onError', 'onClose')
        options.realm, options.authid, options.authmethods = 'secure', authid, { 'wampcra' }
        options.autoReconnect = false
        function options.onChallenge(method, extra)
            assert.equal('wampcra', method)
            return core.wampcra_sign(secret, extra)
        end
        helper.client(options):connect(crossbar)
        return box
    end

    it('accepts WAMP-CRA', function()
        login('joe', 'secret2'):expect 'onConnect'
    end)

    it('accepts WAMP-CRA with a salted secret', function()
        login('salted', 'secret3'):expect 'onConnect'
    end)

    it('L15 refuses a wrong secret', function()
        local box = login('joe', 'wrong')
        assert.matches('^wamp%.error%.', box:expect('onError').error)
        box:expect 'onClose'
        ev.Loop.default:loop()
    end)

    it('refuses a realm that is not there', function()
        local box = helper.mailbox()
        local options = box:callbacks('onConnect', 'onError', 'onClose')
        options.realm, options.autoReconnect = 'nowhere', false
        helper.client(options):connect(crossbar)
        assert.equal('wamp.error.no_such_realm', box:expect('onError').error)
        box:expect 'onClose'
    end)
end)
