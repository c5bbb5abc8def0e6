local helper = require 'spec.helper'

for _, encoding in ipairs { 'json', 'msgpack', 'cbor' } do
    describe('publish and subscribe over ' .. encoding, function()
        local router, alice, bob, box

        before_each(function()
            router = helper.router()
            alice = helper.joined(router:url(), { transportEncoding = encoding })
            bob = helper.joined(router:url(), { transportEncoding = encoding })
            box = helper.mailbox()
        end)

        after_each(helper.close)

        it('negotiates ' .. encoding, function()
            assert.equal(encoding, alice:options().transportEncoding)
        end)

        it('B01 an event has details, argsList and argsDict', function()
            helper.subscribed(bob, 'a.b', box:on 'onEvent')
            alice:publish('a.b', { argsList = { 1, 'two', { 3 } }, argsDict = { k = 'v' } })
            local event = box:expect 'onEvent'
            assert.is_table(event.details)
            assert.same({ 1, 'two', { 3 } }, event.argsList)
            assert.same({ k = 'v' }, event.argsDict)
        end)

        it('§4.8 payload shapes', function()
            helper.subscribed(bob, 'a.b', box:on 'onEvent')
            for _, case in ipairs {
                { false, { false } }, { true, { true } }, { 0, { 0 } }, { 1.5, { 1.5 } },
                { '', { '' } }, { 's', { 's' } },
                { { 1, 2 }, { 1, 2 } }, { { {} }, { {} } }, { { a = 1 }, {}, { a = 1 } }, { { 1, a = 2 }, { 1 } },
                { { argsList = { 1 } }, { 1 } }, { { argsList = 7 }, { 7 } },
                { { argsDict = { a = 1 } }, {}, { a = 1 } },
                { { argsList = { 1 }, argsDict = { a = 1 } }, { 1 }, { a = 1 } },
                { { argsList = { 1 }, x = 9 }, { 1 } },
                { { 1, argsList = { 9 } }, { 1 } },
            } do
                alice:publish('a.b', case[1])
                local event = box:expect 'onEvent'
                assert.same(case[2], event.argsList)
                assert.same(case[3], event.argsDict)
            end
        end)

        it('P01 P02 acknowledges when callbacks are given', function()
            assert.equal('onSuccess', (helper.published(alice, 'a.b', 1)))
            alice:publish('a.b', 1)
            assert.equal(0, alice:getOpStatus().code)
        end)

        it('P07 exclude_me = false lets the publisher hear itself', function()
            helper.subscribed(alice, 'a.b', box:on 'onEvent')
            alice:publish('a.b', { 1 })
            alice:publish('a.b', { 2 }, nil, { exclude_me = false })
            assert.same({ 2 }, box:expect('onEvent').argsList)
        end)

        it('P04 P05 Q30 exclude and eligible', function()
            helper.subscribed(bob, 'a.b', box:on 'onEvent')
            alice:publish('a.b', { 1 }, nil, { exclude = bob:getSessionId() })
            alice:publish('a.b', { 2 }, nil, { eligible = { alice:getSessionId() } })
            alice:publish('a.b', { 3 }, nil, { exclude_authrole = 'anonymous' })
            alice:publish('a.b', { 4 }, nil, { eligible_authid = { 'nobody' } })
            alice:publish('a.b', { 5 }, nil, { exclude = {}, eligible = bob:getSessionId() })
            assert.same({ 5 }, box:expect('onEvent').argsList)
        end)

        it('P09 Q15 a wrong option sets status 4 and tells onError once', function()
            alice:publish('a.b', 1, box:callbacks('onError'), { exclude_me = 'yes' })
            assert.equal('onError', box:names())
            assert.equal(4, alice:getOpStatus().code)
            alice:publish('a.b', 1, nil, { exclude = 'x' })
            assert.same({ code = 4, description = 'Invalid parameter(s) specified!' }, alice:getOpStatus())
        end)

        it('P10 Z06 what cannot be encoded raises an error that names the path, and nothing is sent', function()
            helper.subscribed(bob, 'a.b', box:on 'onEvent')
            local before = alice:getOpStatus()
            local ok, message = pcall(function()
                alice:publish('a.b', { argsDict = { sensor = { 1, 2, print } } })
            end)
            assert.is_false(ok)
            assert.matches('pubsub_spec.lua:%d+: ', message)
            assert.matches('argsDict.sensor[3]', message, 1, true)
            assert.equal(before, alice:getOpStatus())
            alice:publish('a.b', { 'after' })
            assert.same({ 'after' }, box:expect('onEvent').argsList)
        end)

        it('B02 prefix and wildcard patterns', function()
            helper.subscribed(bob, 'sensor', box:on 'prefix', { match = 'prefix' })
            helper.subscribed(bob, 'sensor..temp', box:on 'wildcard', { match = 'wildcard' })
            alice:publish('sensor.kitchen.temp', { 21 })
            local first, second = { box:next() }, { box:next() }
            local by_name = { [first[1]] = first[2], [second[1]] = second[2] }
            assert.same({ 21 }, by_name.prefix.argsList)
            assert.equal('sensor.kitchen.temp', by_name.wildcard.details.topic)
        end)

        it('B07 a second callback joins the confirmed subscription at once', function()
            helper.subscribed(bob, 'a.b', box:on 'first')
            local joined = 0
            bob:subscribe('a.b', { onEvent = box:on 'second', onSuccess = function() joined = joined + 1 end })
            assert.equal(1, joined)
            assert.is_nil(bob:getOpStatus().reqId)
            alice:publish('a.b', 1)
            box:expect 'first'
            box:expect 'second'
        end)

        it('Q13 two subscribes before the first answer keep both callbacks', function()
            bob:subscribe('a.b', { onEvent = box:on 'first', onSuccess = box:on 'subscribed' })
            bob:subscribe('a.b', { onEvent = box:on 'second', onSuccess = box:on 'subscribed' })
            box:expect 'subscribed'
            box:expect 'subscribed'
            alice:publish('a.b', 1)
            box:expect 'first'
            box:expect 'second'
        end)

        it('Q12 B08 the same topic with another policy is another subscription', function()
            helper.subscribed(bob, 'a.b', box:on 'exact')
            helper.subscribed(bob, 'a.b', box:on 'prefix', { match = 'prefix' })
            alice:publish('a.b.c', 1)
            box:expect 'prefix'
        end)

        it('B23 B25 callbacks are removed one by one', function()
            local first, second = box:on 'first', box:on 'second'
            helper.subscribed(bob, 'a.b', first)
            bob:subscribe('a.b', second)
            bob:unsubscribe('a.b', first)
            assert.equal(0, bob:getOpStatus().code)
            helper.published(alice, 'a.b', 1)
            box:expect 'second'
            bob:unsubscribe('a.b', { onEvent = second, onSuccess = box:on 'gone' })
            box:expect 'gone'
        end)

        it('B22 B29 unsubscribe without callbacks removes all', function()
            helper.subscribed(bob, 'a.b', box:on 'first')
            bob:subscribe('a.b', box:on 'second')
            bob:unsubscribe('a.b')
            helper.subscribed(bob, 'other', box:on 'other')
            helper.published(alice, 'a.b', 1)
            helper.published(alice, 'other', 1)
            box:expect 'other'
        end)

        it('B20 B21 Q15 an unknown topic sets status 7', function()
            bob:unsubscribe('a.b', box:callbacks('onError'))
            assert.same({ error = 'Trying to unsubscribe from non existent subscription!' }, box:expect 'onError')
            bob:unsubscribe('a.b')
            assert.equal(7, bob:getOpStatus().code)
        end)

        it('Q29 a callback that removes itself hides the event from nobody', function()
            local first
            first = function()
                bob:unsubscribe('a.b', first)
                box:on 'first' ()
            end
            helper.subscribed(bob, 'a.b', first)
            bob:subscribe('a.b', box:on 'second')
            alice:publish('a.b', 1)
            box:expect 'first'
            box:expect 'second'
        end)

        it('binary strings arrive as they were', function()
            helper.subscribed(bob, 'a.b', box:on 'onEvent')
            local binary = '\0\1\255\254 \128'
            alice:publish('a.b', { binary, 'text', 'ünï' })
            assert.same({ binary, 'text', 'ünï' }, box:expect('onEvent').argsList)
        end)

        it('null arrives as null', function()
            local null = require 'loowy.null'
            helper.subscribed(bob, 'a.b', box:on 'onEvent')
            alice:publish('a.b', { argsList = { 1, null, 3 }, argsDict = { a = null } })
            local event = box:expect 'onEvent'
            assert.equal(3, event.argsList[3])
            if encoding == 'json' then assert.equal(null, event.argsList[2]) end
        end)
    end)
end

describe('between serializers', function()
    after_each(helper.close)

    it('a payload crosses without loss', function()
        local router = helper.router()
        local box = helper.mailbox()
        local json = helper.joined(router:url(), { transportEncoding = 'json' })
        local msgpack = helper.joined(router:url(), { transportEncoding = 'msgpack' })
        local sent = { 1, -1, 2 ^ 40, 1.5, true, 'text', '\0\255binary', { a = { b = { 1 } } } }
        helper.subscribed(json, 'a.b', box:on 'json')
        helper.subscribed(msgpack, 'a.b', box:on 'msgpack')
        json:publish('a.b', sent)
        assert.same(sent, box:expect('msgpack').argsList)
        msgpack:publish('a.b', sent)
        assert.same(sent, box:expect('json').argsList)
    end)
end)
