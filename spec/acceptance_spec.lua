--- What a program written for Loowy 0.4.1 does from its first line to its last.

local ev = require 'ev'
local helper = require 'spec.helper'
local program = require 'spec.support.program'

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

    -- Plays on that loop; returns what happened.
    local function play(url, loop, encoding)
        local log = {}
        program.play(helper.client { transportEncoding = encoding, eventLoop = loop }, url,
            function(line) log[#log + 1] = line end, 2)
        ;(loop or ev.Loop.default):loop()
        return log
    end

    it('§C.1 two rounds, with connect() from onClose; the loop ends by itself', function()
        assert.same(expected(2), play(helper.router():url()))
    end)

    it('§C.3 the same on a loop of its own, in either format', function()
        for _, encoding in ipairs { 'json', 'msgpack', 'cbor' } do
            assert.same(expected(2), play(helper.router():url(), ev.Loop.new(), encoding))
        end
    end)

    it('§C.1 §C.3 as a program of its own, which prints the same on both loops and ends with status 0', function()
        local url = helper.router():url()
        for _, loop in ipairs { 'default', 'own' } do
            local pipe = io.popen(('%s spec/support/program.lua %s %s 2>&1; echo "status $?"')
                :format(helper.interpreter(), url, loop))
            local output = pipe:read '*a'
            pipe:close()
            assert.equal(table.concat(expected(2), '\n') .. '\nstatus 0\n', output)
        end
    end)

    it('§C.2 two clients of one program, prefix and wildcard on both sides', function()
        local url = helper.router():url()
        local one, two = helper.joined(url), helper.joined(url)
        local box = helper.mailbox()
        local function procedure(data) return { argsList = { data.details.procedure } } end
        helper.subscribed(one, 'a', box:on 'prefix', { match = 'prefix' })
        helper.subscribed(one, 's..x', box:on 'wildcard', { match = 'wildcard' })
        helper.registered(one, 'p..x', procedure, { match = 'wildcard' })
        helper.registered(one, 'q', procedure, { match = 'prefix' })
        two:publish('a.b', 1)
        assert.equal('a.b', box:expect('prefix').details.topic)
        two:publish('s.t.x', 1)
        assert.equal('s.t.x', box:expect('wildcard').details.topic)
        for _, name in ipairs { 'p.q.x', 'q.r.s' } do
            local _, list = helper.called(two, name)
            assert.equal(name, list[1])
        end
    end)

    describe('§C.4 §A.18 WAMP-CRA', function()
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
