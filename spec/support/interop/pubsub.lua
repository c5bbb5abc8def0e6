--- Publishing and subscribing with other people's clients.

local assert = require 'luassert'
local common = require 'spec.support.interop.common'
local helper = require 'spec.helper'

local hears, lacks, settle = common.hears, common.lacks, common.settle

local DISCLOSE = { disclose_me = true }

return function(feature)
    feature('publish_subscribe', function(cell, theirs, ours)
        local box, topic = helper.mailbox(), cell.uri 'topic'
        assert(theirs:subscribe { topic = topic, name = 'topic' })
        helper.subscribed(ours, topic, box:on 'event')
        ours:publish(topic, { argsList = { 1, 'ž' }, argsDict = { k = { 2 } } })
        local args, kwargs = hears(theirs, 'topic')
        assert.same({ { 1, 'ž' }, { k = { 2 } } }, { args, kwargs })
        local published = assert(theirs:publish { topic = topic, args = { 'x', 1.5 }, kwargs = { k = true } })
        assert.equal('number', type(published.id))
        local event = box:expect 'event'
        assert.same({ { 'x', 1.5 }, { k = true } }, { event.argsList, event.argsDict })
        -- A publisher does not hear itself, and who has unsubscribed hears nobody.
        assert(theirs:remove { name = 'topic' })
        helper.published(ours, topic)
        settle(ours, theirs)
        assert.equal('', theirs.box:names() .. box:names())
    end)

    feature('publisher_exclusion', function(cell, theirs)
        assert(theirs:subscribe { topic = cell.uri 'topic', name = 'topic' })
        assert(theirs:publish { topic = cell.uri 'topic', args = { 1 }, options = { exclude_me = false } })
        assert.same({ 1 }, (hears(theirs, 'topic')))
    end)

    feature('subscriber_blackwhite_listing', function(cell, theirs, ours, other)
        local box, topic = helper.mailbox(), cell.uri 'topic'
        assert(theirs:subscribe { topic = topic, name = 'topic' })
        helper.subscribed(ours, topic, box:on 'event')
        assert(other:publish { topic = topic, args = { 1 }, options = { exclude = { theirs.id } } })
        assert(other:publish { topic = topic, args = { 2 }, options = { eligible = { theirs.id } } })
        assert(other:publish { topic = topic, args = { 3 }, options = { exclude_authrole = { 'anonymous' } } })
        assert(other:publish { topic = topic, args = { 4 }, options = { eligible_authrole = { 'anonymous' } } })
        for _, n in ipairs { 2, 4 } do assert.same({ n }, (hears(theirs, 'topic'))) end
        for _, n in ipairs { 1, 4 } do assert.same({ n }, box:expect('event').argsList) end
        ours:publish(topic, { 5 }, nil, { exclude = theirs.id })
        ours:publish(topic, { 6 }, nil, { eligible = theirs.id })
        assert.same({ 6 }, (hears(theirs, 'topic')))
    end)

    feature('pattern_based_subscription', function(cell, theirs, ours)
        local box = helper.mailbox()
        for match, pattern in pairs { prefix = 'pre', wildcard = '.wild' } do
            assert(theirs:subscribe { topic = cell.uri(pattern), name = match, options = { match = match } })
            helper.subscribed(ours, cell.uri(pattern), box:on(match), { match = match })
        end
        for match, word in pairs { prefix = 'prefixed.a', wildcard = 'any.wild' } do
            ours:publish(cell.uri(word), { match })
            local args, _, about = hears(theirs, match)
            assert.same({ { match }, cell.uri(word) }, { args, about.topic })
            assert(theirs:publish { topic = cell.uri(word), args = { match } })
            local event = box:expect(match)
            assert.same({ { match }, cell.uri(word) }, { event.argsList, event.details.topic })
        end
    end)

    feature('publisher_identification', function(cell, theirs, ours)
        local box, topic = helper.mailbox(), cell.uri 'topic'
        assert(theirs:subscribe { topic = topic, name = 'topic' })
        helper.subscribed(ours, topic, box:on 'event')
        ours:publish(topic, nil, nil, DISCLOSE)
        local _, _, about = hears(theirs, 'topic')
        assert.same({ ours:getSessionId(), 'anonymous' }, { about.publisher, about.publisher_authrole })
        ours:publish(topic)
        _, _, about = hears(theirs, 'topic')
        assert.is_nil(about.publisher)
        if not lacks(cell, 'publisher_identification / as publisher') then
            assert(theirs:publish { topic = topic, options = DISCLOSE })
            assert.equal(theirs.id, box:expect('event').details.publisher)
        end
        assert(theirs:publish { topic = topic })
        assert.is_nil(box:expect('event').details.publisher)
    end)

    feature('publication_trustlevels', function(cell, theirs, ours)
        assert(theirs:subscribe { topic = cell.uri 'topic', name = 'topic' })
        ours:publish(cell.uri 'topic')
        local _, _, about = hears(theirs, 'topic')
        assert.equal(3, about.trustlevel)
    end)

    -- Ours does not retain, and Wampy.js does not either: there it is done by HTTP.
    feature('event_retention', function(cell, theirs, _, other)
        local topic, retain = cell.uri 'topic', { retain = true }
        if lacks(cell, 'event_retention / as publisher') then
            assert.equal(200, cell.post({ topic = topic, args = { 'kept' }, options = retain }).status)
        else
            assert(theirs:publish { topic = topic, args = { 'kept' }, options = retain })
        end
        assert(other:subscribe { topic = topic, name = 'topic', options = { get_retained = true } })
        local args, _, about = hears(other, 'topic')
        assert.same({ { 'kept' }, true }, { args, about.retained })
    end)

    feature('event_history', function(cell, theirs, ours)
        local id = assert(theirs:subscribe { topic = 'kept', name = 'kept', options = { match = 'prefix' } }).id
        local topic = 'kept.' .. cell.uri 'topic'
        helper.published(ours, topic, { argsList = { 'one' }, argsDict = { k = 1 } })
        helper.published(ours, topic, { 'two' })
        local past = common.answer(theirs, 'wamp.subscription.get_events', { id }, nil, { limit = 2, reverse = true })
        assert.same({ { 'two' }, { 'one' }, { k = 1 } }, { past[1].args, past[2].args, past[2].kwargs })
        assert.equal(topic, past[2].details.topic)
    end)

    feature('subscription_revocation', function(cell, theirs, ours)
        local topic = cell.uri 'topic'
        local id = assert(theirs:subscribe { topic = topic, name = 'topic' }).id
        common.result(ours, 'wamp.subscription.remove_subscriber', {
            argsList = { id, theirs.id }, argsDict = { reason = 'app.enough' } })
        assert.same({ name = 'topic', reason = 'app.enough' }, theirs:hears 'revoked')
        helper.published(ours, topic)
        settle(ours, theirs)
        assert.equal('', theirs.box:names())
    end)

    feature('payload_passthru_mode', function(cell, theirs, _, other)
        local ppt = { ppt_scheme = 'x_own', ppt_serializer = 'json' }
        assert(theirs:subscribe { topic = cell.uri 'topic', name = 'topic' })
        assert(theirs:register { procedure = cell.uri 'echo', name = 'echo', kind = 'echo' })
        assert(other:publish { topic = cell.uri 'topic', args = { 1, 'ž' }, kwargs = { k = 2 }, options = ppt })
        local args, kwargs, about = hears(theirs, 'topic')
        assert.same({ { 1, 'ž' }, { k = 2 } }, { args, kwargs })
        assert.same({ 'x_own', 'json' }, { about.ppt_scheme, about.ppt_serializer })
        args, kwargs = common.answer(other, cell.uri 'echo', { 1, 'ž' }, ppt, { k = 2 })
        assert.same({ { 1, 'ž' }, { k = 2 } }, { args, kwargs })
    end)
end
