--- subscribe and unsubscribe: what is sent, who gets the events, and what is refused.

local played = require 'spec.support.played'
local statuses = require 'spec.support.statuses'

local status, failure = statuses.status, statuses.failure

local FULL_ERROR = { error = 'e.u', details = { d = 1 }, argsList = { 1 }, argsDict = { k = 2 } }

for _, format in ipairs(played.FORMATS) do
    local p, client, box

    local function join()
        p = played.joined { transportEncoding = format }
        client, box = p.client, p.box
    end

    -- A subscription with the id 55 whose events go to those callbacks.
    local function subscribed(...)
        for i, on_event in ipairs { ... } do
            client:subscribe('t', { onEvent = on_event, onSuccess = box:on 'subscribed' })
            if i == 1 then p:say(('[33,%d,55]'):format((p:request(32)))) end
            box:expect 'subscribed'
        end
    end

    -- An event for those subscriptions goes to those callbacks, in that order.
    local function heard_by(names, ...)
        for _, id in ipairs { ... } do p:say(('[36,%d,1,{}]'):format(id)) end
        p:settled()
        assert.equal(names, box:names())
        for _ in names:gmatch '%S+' do box:next() end
    end

    describe('subscribe over ' .. format, function()
        before_each(join)
        after_each(played.close)

        it('B01 sends SUBSCRIBE', function()
            client:subscribe('t', box:on 'one')
            p:expect '[32,1,{},"t"]'
            assert.same(status(0, 1), client:getOpStatus())
            client:subscribe('u', { onEvent = box:on 'two', onSuccess = box:on 'subscribed' })
            p:expect '[32,2,{},"u"]'
            assert.same(status(0, 2), client:getOpStatus())
            p:say '[33,1,55]'
            assert.equal(0, select('#', p:told('subscribed', '[33,2,56]')))
            heard_by('two one', 56, 55)
        end)

        it('B02 takes prefix and wildcard as match', function()
            client:subscribe('p', print, { match = 'prefix' })
            p:expect '[32,1,{"match":"prefix"},"p"]'
            client:subscribe('p', { onEvent = print }, { match = 'wildcard' })
            p:expect '[32,2,{"match":"wildcard"},"p"]'
        end)

        it('B03 Q24 ignores any other match and what it does not know', function()
            for id, match in ipairs { 'exact', 'Prefix', false, 5, {}, print, true, '' } do
                client:subscribe('t', print, { match = match, foo = 1, get_retained = true })
                p:expect(('[32,%d,{},"t"]'):format(id))
            end
            for id, options in ipairs { 'prefix', 5, true, print } do
                client:subscribe('t', print, options)
                p:expect(('[32,%d,{},"t"]'):format(id + 8))
            end
            client:subscribe('t', print, { match = 'prefix', foo = 1 })
            p:expect '[32,13,{"match":"prefix"},"t"]'
        end)

        it('B04 B05 Q15 without callbacks sets status 3', function()
            for _, callbacks in ipairs { false, 5, 'text', true, {}, { onEvent = 5 }, box:callbacks 'onSuccess' } do
                client:subscribe('t', callbacks or nil)
                assert.same(status(3), client:getOpStatus())
            end
            assert.equal('', box:names())
            client:subscribe('t', print)
            p:expect '[32,1,{},"t"]'
        end)

        it('B06 tells onError that onEvent is missing', function()
            client:subscribe('t', box:callbacks('onError', 'onSuccess'))
            assert.same(status(3), client:getOpStatus())
            assert.same(failure(3), box:expect 'onError')
            assert.equal('', box:names())
            p:silent()
        end)

        it('B07 joins the subscription that is there, and sends nothing', function()
            local one, two = box:on 'one', box:on 'two'
            subscribed(one)
            client:subscribe('t', { onEvent = two, onSuccess = box:on 'joined' })
            assert.equal('joined', box:names())
            assert.equal(0, select('#', box:expect 'joined'))
            assert.same(status(0), client:getOpStatus())
            client:subscribe('t', two)
            assert.same(status(0), client:getOpStatus())
            client:subscribe('t', { onEvent = one, onSuccess = box:on 'joined' })
            assert.equal('joined', box:names())
            box:expect 'joined'
            heard_by('one two', 55)
        end)

        it('B08 Q12 has a subscription of its own for each match', function()
            subscribed(box:on 'exact')
            client:subscribe('t', box:on 'prefix', { match = 'prefix' })
            p:expect '[32,2,{"match":"prefix"},"t"]'
            client:subscribe('t', box:on 'wildcard', { match = 'wildcard' })
            p:expect '[32,3,{"match":"wildcard"},"t"]'
            p:say('[33,2,56]', '[33,3,57]')
            heard_by('exact prefix wildcard', 55, 56, 57)
            for _, case in ipairs { { 'prefix', 56 }, { 'wildcard', 57 } } do
                client:subscribe('t', { onEvent = box:on 'second', onSuccess = box:on 'joined' }, { match = case[1] })
                assert.equal('joined', box:names())
                box:expect 'joined'
                heard_by(case[1] .. ' second', case[2])
            end
        end)

        it('B09 Q13 sends a second SUBSCRIBE while the first is not answered, and keeps both callbacks', function()
            client:subscribe('t', { onEvent = box:on 'one', onSuccess = box:on 'first' })
            client:subscribe('t', { onEvent = box:on 'two', onSuccess = box:on 'second' })
            p:expect '[32,1,{},"t"]'
            p:expect '[32,2,{},"t"]'
            assert.same(status(0, 2), client:getOpStatus())
            p:told('first', '[33,1,55]')
            p:told('second', '[33,2,55]')
            heard_by('one two', 55)
        end)

        it('B10 sends a new SUBSCRIBE while UNSUBSCRIBE is not answered', function()
            subscribed(box:on 'one')
            client:unsubscribe 't'
            p:expect '[34,2,55]'
            client:subscribe('t', { onEvent = box:on 'two', onSuccess = box:on 'subscribed' })
            p:expect '[32,3,{},"t"]'
            assert.same(status(0, 3), client:getOpStatus())
            p:say '[35,2]'
            p:told('subscribed', '[33,3,56]')
            heard_by('two', 55, 56)
        end)

        it('B10 keeps it when the answer to an earlier one comes after UNSUBSCRIBE was sent', function()
            client:subscribe('t', { onEvent = box:on 'one', onSuccess = box:on 'first' })
            client:subscribe('t', { onEvent = box:on 'two', onSuccess = box:on 'second' })
            p:expect '[32,1,{},"t"]'
            p:expect '[32,2,{},"t"]'
            p:told('first', '[33,1,55]')
            client:unsubscribe 't'
            p:expect '[34,3,55]'
            client:subscribe('t', { onEvent = box:on 'three', onSuccess = box:on 'third' })
            p:expect '[32,4,{},"t"]'
            p:told('second', '[33,2,55]')
            p:say '[35,3]'
            p:told('third', '[33,4,55]')
            heard_by('three', 55)
        end)

        it('B10 is there, too, while such an answer was in between', function()
            client:subscribe('t', { onEvent = box:on 'one', onSuccess = box:on 'first' })
            client:subscribe('t', { onEvent = box:on 'two', onSuccess = box:on 'second' })
            p:expect '[32,1,{},"t"]'
            p:expect '[32,2,{},"t"]'
            p:told('first', '[33,1,55]')
            client:unsubscribe 't'
            p:expect '[34,3,55]'
            p:told('second', '[33,2,55]')
            client:subscribe('t', { onEvent = box:on 'three', onSuccess = box:on 'third' })
            p:expect '[32,4,{},"t"]'
            p:say '[35,3]'
            p:told('third', '[33,4,56]')
            heard_by('three', 55, 56)
        end)

        it('B11 tells onError what the router says, and a bare function nothing', function()
            client:subscribe('t', box:callbacks('onEvent', 'onError', 'onSuccess'))
            p:expect '[32,1,{},"t"]'
            assert.same(FULL_ERROR, p:told('onError', '[8,32,1,{"d":1},"e.u",[1],{"k":2}]'))
            client:subscribe('t', box:callbacks('onEvent', 'onError', 'onSuccess'))
            p:expect '[32,2,{},"t"]'
            assert.same({ error = 'e.u', details = {} }, p:told('onError', '[8,32,2,{},"e.u"]'))
            client:subscribe('t', box:on 'called')
            p:expect '[32,3,{},"t"]'
            p:say('[8,32,3,{},"e.u"]', '[33,1,55]', '[33,3,55]')
            heard_by('', 55)
        end)
    end)

    describe('unsubscribe over ' .. format, function()
        before_each(join)
        after_each(played.close)

        it('B20 B21 Q15 tells onError of an unknown topic, and raises no error', function()
            for _, unknown in ipairs { 't', '', 'a b', 5 } do
                client:unsubscribe(unknown, box:callbacks('onError', 'onSuccess'))
                assert.same(status(7), client:getOpStatus())
                assert.same(failure(7), box:expect 'onError')
                for _, callbacks in ipairs { false, 'text', box:on 'called', {}, { onEvent = print } } do
                    client:unsubscribe(unknown, callbacks or nil)
                    assert.same(status(7), client:getOpStatus())
                end
            end
            assert.equal('', box:names())
            client:publish 't'
            p:expect '[16,1,{},"t"]'
        end)

        it('B22 without callbacks drops all of them at once', function()
            subscribed(box:on 'one', box:on 'two')
            client:unsubscribe 't'
            p:expect '[34,2,55]'
            assert.same(status(0, 2), client:getOpStatus())
            heard_by('', 55)
            p:say '[35,2]'
            heard_by('', 55)
        end)

        it('B23 Q27 with a callback removes that one, and confirms nothing while others remain', function()
            local one, two, three = box:on 'one', box:on 'two', box:on 'three'
            subscribed(one, two, three)
            client:publish 'x'
            p:expect '[16,2,{},"x"]'
            local left = { 'two three', 'three' }
            for i, callbacks in ipairs { one, { onEvent = two, onSuccess = box:on 'never' } } do
                local before = client:getOpStatus().reqId
                client:unsubscribe('t', callbacks)
                assert.same(status(0, before), client:getOpStatus())
                heard_by(left[i], 55)
            end
            client:publish 'x'
            p:expect '[16,5,{},"x"]'
        end)

        it('B24 with a callback that is not there changes nothing', function()
            subscribed(box:on 'one')
            for _, callbacks in ipairs { print, { onEvent = print, onSuccess = box:on 'never' } } do
                local before = client:getOpStatus().reqId
                client:unsubscribe('t', callbacks)
                assert.same(status(0, before), client:getOpStatus())
                heard_by('one', 55)
            end
        end)

        it('B25 with the last callback sends UNSUBSCRIBE; the function itself is no confirmation', function()
            local one = box:on 'one'
            subscribed(one)
            client:unsubscribe('t', one)
            p:expect '[34,2,55]'
            assert.same(status(0, 2), client:getOpStatus())
            p:say '[35,2]'
            heard_by('', 55)
            subscribed(one)
            client:unsubscribe('t', { onEvent = one, onSuccess = box:on 'gone' })
            local number, rest = p:request(34)
            assert.equal('55', rest)
            assert.equal(0, select('#', p:told('gone', ('[35,%d]'):format(number))))
        end)

        it('B26 with a table without onEvent or a text drops all callbacks', function()
            for _, callbacks in ipairs { {}, box:callbacks 'onSuccess', box:callbacks 'onError', { onEvent = 'text' },
                'text' } do
                subscribed(box:on 'one', box:on 'two')
                client:unsubscribe('t', callbacks)
                local number, rest = p:request(34)
                assert.equal('55', rest)
                assert.same(status(0, number), client:getOpStatus())
                heard_by('', 55)
                p:say(('[35,%d]'):format(number))
                heard_by(callbacks.onSuccess and 'onSuccess' or '', 55)
            end
        end)

        it('B27 with a number raises an error at the line of the caller', function()
            subscribed(box:on 'one')
            local before = client:getOpStatus()
            local ok, message = pcall(function() client:unsubscribe('t', 5) end)
            assert.is_false(ok)
            assert.matches('^[^\n]*wire_subscribe_spec.lua:%d+: ', message)
            assert.equal(before, client:getOpStatus())
            client:publish 'x'
            p:expect '[16,2,{},"x"]'
            heard_by('one', 55)
        end)

        it('B28 sends another UNSUBSCRIBE while the first is not answered', function()
            subscribed(box:on 'one')
            client:unsubscribe('t', box:callbacks('onSuccess', 'onError'))
            p:expect '[34,2,55]'
            client:unsubscribe('t', box:callbacks('onSuccess', 'onError'))
            p:expect '[34,3,55]'
            assert.same(status(0, 3), client:getOpStatus())
            p:told('onSuccess', '[35,2]')
            assert.same(FULL_ERROR, p:told('onError', '[8,34,3,{"d":1},"e.u",[1],{"k":2}]'))
            client:unsubscribe('t')
            assert.same(status(7), client:getOpStatus())
            p:settled()
        end)

        it('B29 forgets the subscription when UNSUBSCRIBED comes', function()
            subscribed(box:on 'one')
            client:unsubscribe('t', box:callbacks('onSuccess', 'onError'))
            p:expect '[34,2,55]'
            assert.equal('', box:names())
            assert.equal(0, select('#', p:told('onSuccess', '[35,2]')))
            client:unsubscribe('t', box:callbacks('onSuccess', 'onError'))
            assert.same(failure(7), box:expect 'onError')
            assert.same(status(7), client:getOpStatus())
            p:say '[35,2]'
            heard_by('', 55)
            client:subscribe('t', { onEvent = box:on 'one', onSuccess = box:on 'subscribed' })
            p:told('subscribed', ('[33,%d,55]'):format((p:request(32))))
            heard_by('one', 55)
        end)

        it('Q12 leaves the topic under all its policies, or under the one that a third argument names', function()
            local function all()
                for id, match in ipairs { 'exact', 'prefix', 'wildcard' } do
                    client:subscribe('t', { onEvent = box:on(match), onSuccess = box:on 'subscribed' },
                        { match = match })
                    p:told('subscribed', ('[33,%d,%d]'):format((p:request(32)), 54 + id))
                end
            end
            all()
            client:unsubscribe('t', box:callbacks 'onSuccess', { match = 'prefix' })
            local number, rest = p:request(34)
            assert.equal('56', rest)
            p:told('onSuccess', ('[35,%d]'):format(number))
            heard_by('exact wildcard', 55, 56, 57)
            client:unsubscribe('t', box:callbacks 'onSuccess')
            for _, id in ipairs { '55', '57' } do
                number, rest = p:request(34)
                assert.equal(id, rest)
                p:say(('[35,%d]'):format(number))
            end
            box:expect 'onSuccess'
            heard_by('', 55, 56, 57)
        end)

        it('ignores a match of the wrong type as subscribe does', function()
            subscribed(print)
            for _, match in ipairs { true, {}, 5, 'x' } do
                client:unsubscribe('t', nil, { match = match })
                assert.equal(0, p:code())
                assert.equal('55', select(2, p:request(34)))
            end
        end)
    end)
end
