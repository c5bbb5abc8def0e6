--- What a program written for Loowy 0.4.1 does from its first line to its last.

local ev = require 'ev'
local helper = require 'spec.helper'

local function play(url, loop, rounds)
    local log = {}
    local function note(...)
        local parts = {}
        for i = 1, select('#', ...) do parts[i] = tostring((select(i, ...))) end
        log[#log + 1] = table.concat(parts, ' ')
    end

    local client
    local round = 0
    local left_to_do

    local function done()
        left_to_do = left_to_do - 1
        if left_to_do > 0 then return end
        client:unsubscribe('com.topic', { onSuccess = function()
            note 'unsubscribed'
            client:disconnect()
        end })
    end

    local function call()
        for i = 1, 5 do
            client:call('com.procedure', { i }, {
                onSuccess = function(list) note('result', list[1]) done() end,
                onError = function(err) note('error', err.error) end,
            })
        end
        client:call('com.void', nil, { onSuccess = function(list) note('void', list) done() end })
    end

    local function publish()
        for i = 1, 5 do
            client:publish('com.topic', { i }, { onSuccess = function() note('published', i) end },
                { exclude_me = false })
        end
        client:register('com.procedure', {
            rpc = function(data)
                note('invoked', data.argsList[1])
                return { argsList = data.argsList }
            end,
            onSuccess = function()
                client:register('com.void', { rpc = function() end, onSuccess = call })
            end,
        })
    end

    client = helper.client {
        eventLoop = loop,
        onConnect = function()
            round = round + 1
            left_to_do = 6
            note('connected', round)
            client:subscribe('com.topic', {
                onEvent = function(event) note('first', event.argsList[1]) end,
                onSuccess = function()
                    client:subscribe('com.topic', {
                        onEvent = function(event) note('second', event.argsList[1]) end,
                        onSuccess = publish,
                    })
                end,
            })
        end,
        onClose = function()
            note 'closed'
            if round < rounds then client.connect() end
        end,
    }
    client:connect(url);
    (loop or ev.Loop.default):loop()
    return log
end

local function expected(rounds)
    local log = {}
    for round = 1, rounds do
        log[#log + 1] = 'connected ' .. round
        for i = 1, 5 do
            log[#log + 1] = 'published ' .. i
            log[#log + 1] = 'first ' .. i
            log[#log + 1] = 'second ' .. i
        end
        for i = 1, 5 do log[#log + 1] = 'invoked ' .. i end
        for i = 1, 5 do log[#log + 1] = 'result ' .. i end
        log[#log + 1] = 'void nil'
        log[#log + 1] = 'unsubscribed'
        log[#log + 1] = 'closed'
    end
    return log
end

describe('acceptance', function()
    after_each(helper.close)

    it('1 two rounds, with connect() from onClose; the loop ends by itself', function()
        assert.same(expected(2), play(helper.router():url(), nil, 2))
    end)

    it('3 the same on a loop of its own', function()
        assert.same(expected(2), play(helper.router():url(), ev.Loop.new(), 2))
    end)

    it('2 two clients of one program, prefix and wildcard on both sides', function()
        local url = helper.router():url()
        local one, two = helper.joined(url), helper.joined(url)
        local box = helper.mailbox()
        helper.subscribed(one, 'a', box:on 'prefix', { match = 'prefix' })
        helper.registered(one, 'p..x', function(data) return { argsList = { data.details.procedure } } end,
            { match = 'wildcard' })
        two:publish('a.b', 1)
        assert.equal('a.b', box:expect('prefix').details.topic)
        local _, list = helper.called(two, 'p.q.x')
        assert.equal('p.q.x', list[1])
    end)

    describe('4 WAMP-CRA', function()
        local core = require 'loowy_core'
        local credentials = { staticCredentials = {
            plain = { authrole = 'user', secret = 'secret1' },
            salted = { authrole = 'user', secret = 'secret2', salt = 'salt123', iterations = 1000, keylen = 32 },
        } }
        local box

        before_each(function() box = helper.mailbox() end)

        local function client(authid, on_challenge, more)
            local options = box:callbacks('onConnect', 'onError', 'onReconnect', 'onClose')
            options.authid, options.authmethods, options.onChallenge = authid, { 'wampcra' }, on_challenge
            options.reconnectInterval, options.maxRetries = 0.02, 1
            for k, v in pairs(more or {}) do options[k] = v end
            return helper.client(options)
        end

        for authid, secret in pairs { plain = 'secret1', salted = 'secret2' } do
            it('joins with the ' .. authid .. ' secret', function()
                local c = client(authid, function(method, extra)
                    box:on 'onChallenge'(method)
                    return core.wampcra_sign(secret, extra)
                end)
                c:connect(helper.router { wampCRA = credentials }:url())
                assert.equal('wampcra', box:expect 'onChallenge')
                box:expect 'onConnect'
            end)
        end

        it('L15 a wrong signature is refused', function()
            local c = client('plain', function() return 'wrong' end)
            c:connect(helper.router { wampCRA = credentials }:url())
            assert.matches('^wamp%.error%.', box:expect('onError').error)
            box:expect 'onReconnect'
            box:expect 'onError'
            box:expect 'onClose'
        end)

        it('L12 an onChallenge that raises: onError, onReconnect … onClose', function()
            local c = client('plain', function() error 'no secret' end)
            c:connect(helper.router { wampCRA = credentials }:url())
            assert.same({ error = 'Exception raised during CRA challenge processing' }, box:expect 'onError')
            box:expect 'onReconnect'
            box:expect 'onError'
            box:expect 'onClose'
            assert.equal(0, c:getOpStatus().code)
        end)

        it('L13 without onChallenge', function()
            local c = client('plain', nil)
            c:connect(helper.router { wampCRA = credentials }:url())
            assert.same({ error = 'No onChallenge callback or authid was provided for authentication!' },
                box:expect 'onError')
            box:expect 'onReconnect'
            box:expect 'onError'
            box:expect 'onClose'
        end)
    end)
end)
