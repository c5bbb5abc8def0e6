--- What the features share.

local assert = require 'luassert'
local helper = require 'spec.helper'
local lacks = require 'spec.support.interop.lacks'

local M = {}

--- Why that client has not got it, or nil.
function M.lacks(cell, what) return lacks[cell.name][what] end

--- Calls by a client of ours: the list and the dictionary of the result.
function M.result(...)
    local outcome, list, dict = helper.called(...)
    assert.equal('onSuccess', outcome, helper.show(list))
    return list or {}, dict or {}
end

--- Calls by a client of ours: the error's URI and all of it.
function M.failure(...)
    local outcome, e = helper.called(...)
    assert.equal('onError', outcome)
    return e.error, e
end

--- Calls by a session of theirs: the list and the dictionary of the result.
function M.answer(session, procedure, args, options, kwargs)
    local came, reason, list = session:call { procedure = procedure, args = args, options = options, kwargs = kwargs }
    assert(came, helper.show { reason, list })
    return came.args, came.kwargs
end

--- Whatever was under way has come: each has had an answer of the router since.
function M.settle(ours, ...)
    for _, session in ipairs { ... } do
        local _, reason = session:call { procedure = 'no.such.procedure' }
        assert.equal('wamp.error.no_such_procedure', reason)
    end
    assert.equal('wamp.error.no_such_procedure', (M.failure(ours, 'no.such.procedure')))
end

--- Waits until that session is told of such an event: returns its args, kwargs and details.
function M.hears(session, name, wanted)
    repeat
        local event = session:hears 'event'
        if event.name == name and (not wanted or wanted(event)) then return event.args, event.kwargs, event.about end
    until false
end

return M
