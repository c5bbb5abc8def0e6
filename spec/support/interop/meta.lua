--- The meta API, called and heard by other people's clients.

local assert = require 'luassert'
local common = require 'spec.support.interop.common'
local helper = require 'spec.helper'

local answer, hears, lacks, result = common.answer, common.hears, common.lacks, common.result

-- Subscribes to meta events, under their own last words.
local function listens(session, prefix, names)
    for _, name in ipairs(names) do assert(session:subscribe { topic = prefix .. name, name = name }) end
end

-- Whether an event is about the one that is meant; others come in between.
local function about(position, value)
    return function(event) return event.args[position] == value end
end

local function contains(list, value)
    for _, item in ipairs(list) do
        if item == value then return true end
    end
    return false
end

local function sessions(feature)
    feature('session_meta_api', function(cell, theirs, ours, other)
        listens(theirs, 'wamp.session.', { 'on_join', 'on_leave' })
        local third = cell.join()
        local joined = hears(theirs, 'on_join', function(event) return event.args[1].session == third.id end)
        assert.equal('anonymous', joined[1].authrole)

        local count = answer(theirs, 'wamp.session.count')[1]
        assert.equal(#answer(theirs, 'wamp.session.list')[1], count)
        assert.equal(0, answer(theirs, 'wamp.session.count', { { 'nobody' } })[1])
        local list = answer(theirs, 'wamp.session.list', { { 'anonymous' } })[1]
        for _, id in ipairs { theirs.id, other.id, third.id, ours:getSessionId() } do
            assert.is_true(contains(list, id))
        end
        local known = answer(theirs, 'wamp.session.get', { third.id })[1]
        assert.same({ third.id, 'anonymous', 'anonymous' }, { known.session, known.authrole, known.authmethod })
        local _, reason = theirs:call { procedure = 'wamp.session.get', args = { 4711 } }
        assert.equal('wamp.error.no_such_session', reason)

        third:gone()
        hears(theirs, 'on_leave', about(1, third.id))
        for _, name in ipairs { 'on_join', 'on_leave' } do assert(theirs:remove { name = name }) end
    end)

    local function ended(cell, session, why)
        local heard = session:hears 'left'
        if not lacks(cell, 'session_meta_api: kill / the reason') then assert.equal(why, heard) end
    end

    -- In a realm of their own, where nobody else is hit.
    feature('session_meta_api: kill', function(cell)
        local function victim() return assert(cell.join { realm = 'arena' }) end
        local killer, options = victim(), { reason = 'app.enough', message = 'go away' }
        local client = cell.client { realm = 'arena' }

        local one = victim()
        answer(killer, 'wamp.session.kill', { one.id }, nil, options)
        ended(cell, one, 'app.enough')
        one = victim()
        result(client, 'wamp.session.kill', { argsList = { one.id }, argsDict = options })
        ended(cell, one, 'app.enough')

        one = victim()
        local authid = answer(killer, 'wamp.session.get', { one.id })[1].authid
        answer(killer, 'wamp.session.kill_by_authid', { authid }, nil, options)
        ended(cell, one, 'app.enough')

        local box, two = helper.mailbox(), victim()
        client:options().onClose = box:on 'closed'
        answer(killer, 'wamp.session.kill_by_authrole', { 'anonymous' }, nil, options)
        ended(cell, two, 'app.enough')
        box:expect 'closed'

        one, two = victim(), victim()
        answer(killer, 'wamp.session.kill_all', nil, nil, options)
        ended(cell, one, 'app.enough')
        ended(cell, two, 'app.enough')
        assert.same({ killer.id }, answer(killer, 'wamp.session.list')[1])
        killer:gone()
    end)

    feature('testament_meta_api', function(cell, theirs, ours)
        local box, topic = helper.mailbox(), cell.uri 'gone'
        helper.subscribed(ours, topic, box:on 'gone')
        assert(theirs:subscribe { topic = topic, name = 'gone' })
        local third = cell.join()
        answer(third, 'wamp.session.add_testament', { topic, { 'lost' }, { k = 1 } })
        answer(third, 'wamp.session.flush_testaments')
        answer(third, 'wamp.session.add_testament', { topic, { 'left' }, { k = 2 } })
        third:gone()
        local event = box:expect 'gone'
        assert.same({ { 'left' }, { k = 2 } }, { event.argsList, event.argsDict })
        local args, kwargs = hears(theirs, 'gone')
        assert.same({ { 'left' }, { k = 2 } }, { args, kwargs })
    end)
end

-- Both have the same procedures and events, by other names.
local function kept(feature, what, words, keep, drop)
    feature(what .. '_meta_api', function(cell, theirs, _, other)
        local prefix, uri = ('wamp.%s.'):format(what), cell.uri 'a.b'
        local events = { 'on_create', words.on_add, words.on_remove, 'on_delete' }
        listens(theirs, prefix, events)
        local id = keep(other, uri)

        local created = hears(theirs, 'on_create', about(1, other.id))
        assert.same({ id, uri, 'exact' }, { created[2].id, created[2].uri, created[2].match })
        hears(theirs, words.on_add, about(2, id))
        assert.equal(id, answer(theirs, prefix .. 'lookup', { uri })[1])
        assert.equal(id, answer(theirs, prefix .. 'lookup', { uri, { match = 'exact' } })[1])
        local matching = answer(theirs, prefix .. 'match', { uri })[1]
        assert.is_true(matching == id or contains(matching, id))
        local lists = answer(theirs, prefix .. 'list')[1]
        assert.is_true(contains(lists.exact, id))
        assert.same({ 'table', 'table' }, { type(lists.prefix), type(lists.wildcard) })
        assert.equal(uri, answer(theirs, prefix .. 'get', { id })[1].uri)
        assert.same({ other.id }, answer(theirs, prefix .. words.list, { id })[1])
        assert.equal(1, answer(theirs, prefix .. words.count, { id })[1])
        local _, reason = theirs:call { procedure = prefix .. 'get', args = { 4711 } }
        assert.equal('wamp.error.no_such_' .. what, reason)

        drop(other)
        hears(theirs, words.on_remove, about(2, id))
        hears(theirs, 'on_delete', about(2, id))
        for _, name in ipairs(events) do assert(theirs:remove { name = name }) end
    end)
end

return function(feature)
    sessions(feature)
    kept(feature, 'subscription', {
        on_add = 'on_subscribe', on_remove = 'on_unsubscribe', list = 'list_subscribers', count = 'count_subscribers',
    }, function(session, uri) return assert(session:subscribe { topic = uri, name = 'kept' }).id end,
    function(session) assert(session:remove { name = 'kept' }) end)
    kept(feature, 'registration', {
        on_add = 'on_register', on_remove = 'on_unregister', list = 'list_callees', count = 'count_callees',
    }, function(session, uri) return assert(session:register { procedure = uri, name = 'kept', kind = 'who' }).id end,
    function(session) assert(session:remove { name = 'kept' }) end)
end
