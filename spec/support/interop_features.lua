--- What other people's clients do with ours, by feature: `LIST` of `name` and `play(cell, theirs, ours, other)`, with
-- two sessions of theirs and a client of ours; `LACKS` says what a client has not, and why.

local assert = require 'luassert'
local helper = require 'spec.helper'

local M = { LIST = {} }

--- What is not played, by client and feature or part of one, with the reason.
M.LACKS = {
    ['Autobahn|Python'] = {
        ['caller: skip'] = 'cancels in the default mode alone, killnowait',
        ['caller: kill'] = 'likewise',
    },
    ['Autobahn|JS'] = {
        ['caller: skip'] = 'takes the answer to such a CANCEL for a violation of the protocol, and ends the connection',
        ['caller: killnowait'] = 'likewise',
        ['callee: interrupt'] = 'has no call canceling as a callee',
        ['callee: progress'] = 'does not announce call canceling, without which there are no progressive results',
    },
    ['Wampy.js'] = { ['callee: interrupt'] = 'has no call canceling as a callee' },
}
M.LACKS['Autobahn|Python on Twisted'] = M.LACKS['Autobahn|Python']

local function lacks(cell, what) return (M.LACKS[cell.name] or {})[what] end

local function feature(name, play) table.insert(M.LIST, { name = name, play = play }) end

local function result(...)
    local outcome, list, dict = helper.called(...)
    assert.equal('onSuccess', outcome, helper.show(list))
    return list or {}, dict or {}
end

local function failure(...)
    local outcome, e = helper.called(...)
    assert.equal('onError', outcome)
    return e.error, e
end

local function echo(call) return { argsList = call.argsList, argsDict = call.argsDict } end

-- What they say came, or went wrong.
local function answer(session, how)
    local came, reason = session:call(how)
    return assert(came, reason)
end

-- Whatever was under way has come: both have had an answer of the router since.
local function settle(theirs, ours)
    theirs:call { procedure = 'no.such.procedure' }
    helper.called(ours, 'no.such.procedure')
end

feature('publish_subscribe', function(cell, theirs, ours)
    local box, topic = helper.mailbox(), cell.uri 'topic'
    assert(theirs:subscribe { topic = topic, name = 'topic' })
    helper.subscribed(ours, topic, box:on 'event')
    ours:publish(topic, { argsList = { 1, 'ž' }, argsDict = { k = { 2 } } })
    local heard = theirs:hears 'event'
    assert.same({ { 1, 'ž' }, { k = { 2 } } }, { heard.args, heard.kwargs })
    -- A publisher does not hear itself.
    local published = assert(theirs:publish { topic = topic, args = { 'x', 1.5 }, kwargs = { k = true } })
    assert.equal('number', type(published.id))
    local event = box:expect 'event'
    assert.same({ { 'x', 1.5 }, { k = true } }, { event.argsList, event.argsDict })
    assert(theirs:remove { name = 'topic' })
    helper.published(ours, topic)
    settle(theirs, ours)
    assert.equal('', theirs.box:names() .. box:names())
end)

feature('call', function(cell, theirs, ours)
    assert(theirs:register { procedure = cell.uri 'theirs', name = 'echo', kind = 'echo' })
    assert(theirs:register { procedure = cell.uri 'fail', name = 'fail', kind = 'fail' })
    helper.registered(ours, cell.uri 'ours', echo)
    helper.registered(ours, cell.uri 'broken', function()
        error { uri = 'lua.error', argsList = { 'so' }, argsDict = { k = 1 } }
    end)

    local list, dict = result(ours, cell.uri 'theirs', { argsList = { 1, 'ž' }, argsDict = { k = { 2 } } })
    assert.same({ { 1, 'ž' }, { k = { 2 } } }, { list, dict })
    local uri, e = failure(ours, cell.uri 'fail', { argsList = { 'their.error', 'so' }, argsDict = { k = 1 } })
    assert.same({ 'their.error', { 'so' }, { k = 1 } }, { uri, e.argsList, e.argsDict })

    local came = answer(theirs, { procedure = cell.uri 'ours', args = { 1, 'ž' }, kwargs = { k = { 2 } } })
    assert.same({ { 1, 'ž' }, { k = { 2 } } }, { came.args, came.kwargs })
    local nothing, reason, args, kwargs = theirs:call { procedure = cell.uri 'broken' }
    assert.same({ nil, 'lua.error', { 'so' }, { k = 1 } }, { nothing, reason, args, kwargs })

    assert(theirs:remove { name = 'echo' })
    assert.equal('wamp.error.no_such_procedure', (failure(ours, cell.uri 'theirs')))
end)

feature('large_payloads', function(cell, theirs, ours)
    assert(theirs:register { procedure = cell.uri 'theirs', name = 'echo', kind = 'echo' })
    for _, size in ipairs { 1000, 1000000 } do
        local sent = ('ž'):rep(size / 2)
        -- A difference is not worth being shown.
        assert.is_true(result(ours, cell.uri 'theirs', { sent })[1] == sent)
    end
end)

feature('progressive_call_results', function(cell, theirs, ours, other)
    local box, procedure = helper.mailbox(), cell.uri 'progress'
    local count = lacks(cell, 'callee: progress') and 0 or 3
    local options = { receive_progress = true }
    assert(theirs:register { procedure = procedure, name = 'progress', kind = 'progress' })
    ours:call(procedure, { 3 }, box:callbacks('onSuccess', 'onError'), options)
    for i = 1, count do assert.same({ i }, (box:expect 'onSuccess')) end
    assert.same({ 'done' }, (box:expect 'onSuccess'))

    local came = answer(other, { procedure = procedure, args = { 3 }, options = options })
    for i = 1, count do assert.same({ i }, other:hears('progress').args) end
    assert.same({ 'done' }, came.args)
end)

-- The callee is another session of theirs: a procedure in Lua returns before its client reads on.
for _, mode in ipairs { 'skip', 'kill', 'killnowait' } do
    feature('call_canceling: ' .. mode, function(cell, theirs, ours, other)
        local box, procedure = helper.mailbox(), cell.uri 'pending'
        local interrupts = not lacks(cell, 'callee: interrupt') and mode ~= 'skip'
        -- In mode kill the callee says what its caller hears.
        local expected = interrupts and mode == 'kill' and 'wamp.error.runtime_error' or 'wamp.error.canceled'
        assert(theirs:register { procedure = procedure, name = 'pending', kind = 'pending' })
        ours:call(procedure, nil, box:callbacks('onSuccess', 'onError'))
        local request = ours:getOpStatus().reqId
        theirs:hears 'invoked'
        ours:cancel(request, nil, { mode = mode })
        assert.equal(expected, box:expect('onError').error)
        if interrupts then theirs:hears 'interrupted' end

        if not lacks(cell, 'caller: ' .. mode) then
            local ended = other:calling { procedure = procedure, cancel = mode }
            theirs:hears 'invoked'
            assert(other:cancel())
            local _, reason = ended()
            assert.equal(expected, reason)
            if interrupts then theirs:hears 'interrupted' end
        end
        settle(theirs, ours)
        assert.equal('', box:names() .. theirs.box:names() .. other.box:names())
    end)
end

return M
