--- Calls with other people's clients.

local assert = require 'luassert'
local common = require 'spec.support.interop.common'
local helper = require 'spec.helper'

local answer, failure, lacks, result, settle = common.answer, common.failure, common.lacks, common.result, common.settle

local DISCLOSE = { disclose_me = true }

local function basics(feature)
    feature('call', function(cell, theirs, ours)
        assert(theirs:register { procedure = cell.uri 'theirs', name = 'echo', kind = 'echo' })
        assert(theirs:register { procedure = cell.uri 'fail', name = 'fail', kind = 'fail' })
        helper.registered(ours, cell.uri 'ours', function(call)
            return { argsList = call.argsList, argsDict = call.argsDict }
        end)
        helper.registered(ours, cell.uri 'broken', function()
            error { uri = 'lua.error', argsList = { 'so' }, argsDict = { k = 1 } }
        end)

        local list, dict = result(ours, cell.uri 'theirs', { argsList = { 1, 'ž' }, argsDict = { k = { 2 } } })
        assert.same({ { 1, 'ž' }, { k = { 2 } } }, { list, dict })
        local uri, e = failure(ours, cell.uri 'fail', { argsList = { 'their.error', 'so' }, argsDict = { k = 1 } })
        assert.same({ 'their.error', { 'so' }, { k = 1 } }, { uri, e.argsList, e.argsDict })

        local args, kwargs = answer(theirs, cell.uri 'ours', { 1, 'ž' }, nil, { k = { 2 } })
        assert.same({ { 1, 'ž' }, { k = { 2 } } }, { args, kwargs })
        local nothing, reason
        nothing, reason, args, kwargs = theirs:call { procedure = cell.uri 'broken' }
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
end

local function pieces(feature)
    feature('progressive_call_results', function(cell, theirs, ours, other)
        local box, procedure = helper.mailbox(), cell.uri 'progress'
        local count = lacks(cell, 'progressive_call_results / as callee') and 0 or 3
        local options = { receive_progress = true }
        assert(theirs:register { procedure = procedure, name = 'progress', kind = 'progress' })
        ours:call(procedure, { 3 }, box:callbacks('onSuccess', 'onError'), options)
        for i = 1, count do assert.same({ i }, (box:expect 'onSuccess')) end
        assert.same({ 'done' }, (box:expect 'onSuccess'))

        local args = answer(other, procedure, { 3 }, options)
        for i = 1, count do assert.same({ i }, other:hears('progress').args) end
        assert.same({ 'done' }, args)
    end)

    -- Who has them does not announce them, which is done for it.
    feature('progressive_call_invocations', function(cell, plain)
        local announce = { progressive_call_invocations = true, call_canceling = true }
        local caller, callee = cell.join { announce = announce }, cell.join { announce = announce }
        local how = { args = { 1 }, options = { progress = true }, pieces = { { 2 }, { 3 } } }
        for _, session in ipairs { callee, plain } do
            assert(session:register { procedure = cell.uri(session.key), name = 'pieces', kind = 'pieces' })
        end
        how.procedure = cell.uri(callee.key)
        assert.same({ 'whole' }, assert(caller:call(how)).args)
        for i = 1, 3 do assert.same({ i }, callee:hears 'piece') end
        how.procedure, how.pieces = cell.uri(plain.key), nil
        local _, reason = caller:call(how)
        assert.equal('wamp.error.feature_not_supported', reason)
        caller:gone()
        callee:gone()
    end)
end

-- The callee is another session of theirs: a procedure in Lua returns before its client reads on.
local function endings(feature)
    for _, mode in ipairs { 'skip', 'kill', 'killnowait' } do
        feature('call_canceling: ' .. mode, function(cell, theirs, ours, other)
            local box, procedure = helper.mailbox(), cell.uri 'pending'
            local interrupts = not lacks(cell, 'call_canceling: kill / as callee') and mode ~= 'skip'
            -- In mode kill the callee says what its caller hears.
            local expected = interrupts and mode == 'kill' and 'wamp.error.runtime_error' or 'wamp.error.canceled'
            assert(theirs:register { procedure = procedure, name = 'pending', kind = 'pending' })
            ours:call(procedure, nil, box:callbacks('onSuccess', 'onError'))
            local request = ours:getOpStatus().reqId
            theirs:hears 'invoked'
            ours:cancel(request, nil, { mode = mode })
            assert.equal(expected, box:expect('onError').error)
            if interrupts then theirs:hears 'interrupted' end

            if not lacks(cell, ('call_canceling: %s / as caller'):format(mode)) then
                local ended = other:calling { procedure = procedure, cancel = mode }
                theirs:hears 'invoked'
                assert(other:cancel())
                local _, reason = ended()
                assert.equal(expected, reason)
                if interrupts then theirs:hears 'interrupted' end
            end
            settle(ours, theirs, other)
            assert.equal('', box:names() .. theirs.box:names() .. other.box:names())
        end)
    end

    feature('call_timeout', function(cell, theirs, ours, other)
        local procedure = cell.uri 'pending'
        assert(theirs:register { procedure = procedure, name = 'pending', kind = 'pending' })
        assert.equal('wamp.error.timeout', (failure(ours, procedure, nil, { timeout = 20 })))
        local _, reason = other:call { procedure = procedure, options = { timeout = 20 } }
        assert.equal('wamp.error.timeout', reason)
    end)
end

local function registrations(feature)
    feature('pattern_based_registration', function(cell, theirs, ours)
        for match, pattern in pairs { prefix = 'pre', wildcard = '.wild' } do
            assert(theirs:register {
                procedure = cell.uri(pattern), name = match, kind = 'about', options = { match = match } })
        end
        for _, word in ipairs { 'prefixed.a', 'any.wild' } do
            local _, dict = result(ours, cell.uri(word))
            assert.equal(cell.uri(word), dict.procedure)
        end
        if not lacks(cell, 'pattern_based_registration / unregistering a wildcard') then
            assert(theirs:remove { name = 'wildcard' })
            assert.equal('wamp.error.no_such_procedure', (failure(ours, cell.uri 'any.wild')))
        end
        helper.registered(ours, cell.uri '.tame', function(call)
            return { argsList = { call.details.procedure } }
        end, { match = 'wildcard' })
        assert.same({ cell.uri 'any.tame' }, (answer(theirs, cell.uri 'any.tame')))
    end)

    feature('shared_registration', function(cell, theirs, ours, other)
        local names = { [theirs.key] = 'theirs', [other.key] = 'other', ours = 'ours' }
        local expected = {
            single = 'theirs theirs theirs theirs', first = 'theirs theirs theirs theirs', last = 'ours ours ours ours',
            roundrobin = 'theirs other ours theirs',
        }
        for _, invoke in ipairs { 'single', 'first', 'last', 'roundrobin', 'random' } do
            local procedure, options = cell.uri(invoke), { invoke = invoke }
            local function register(session)
                return session:register { procedure = procedure, name = invoke, kind = 'who', options = options }
            end
            assert(register(theirs))
            local shared, reason = register(other)
            if invoke == 'single' then
                assert.same({ nil, 'wamp.error.procedure_already_exists' }, { shared, reason })
            else
                helper.registered(ours, procedure, function() return { argsList = { 'ours' } } end, options)
            end
            local called = {}
            for i = 1, 4 do
                local list = i % 2 == 0 and result(ours, procedure) or answer(other, procedure)
                called[i] = assert(names[list[1]])
            end
            if expected[invoke] then assert.equal(expected[invoke], table.concat(called, ' ')) end
        end
    end)

    feature('caller_identification', function(cell, theirs, ours)
        local heard
        assert(theirs:register { procedure = cell.uri 'theirs', name = 'about', kind = 'about' })
        helper.registered(ours, cell.uri 'ours', function(call) heard = call.details end)
        local _, dict = result(ours, cell.uri 'theirs', nil, DISCLOSE)
        assert.same({ ours:getSessionId(), 'anonymous' }, { dict.caller, dict.caller_authrole })
        _, dict = result(ours, cell.uri 'theirs')
        assert.is_nil(dict.caller)
        if not lacks(cell, 'caller_identification / as caller') then
            answer(theirs, cell.uri 'ours', nil, DISCLOSE)
            assert.equal(theirs.id, heard.caller)
        end
        answer(theirs, cell.uri 'ours')
        assert.is_nil(heard.caller)
    end)

    feature('call_trustlevels', function(cell, theirs, ours)
        assert(theirs:register { procedure = cell.uri 'theirs', name = 'about', kind = 'about' })
        local _, dict = result(ours, cell.uri 'theirs')
        assert.equal(3, dict.trustlevel)
    end)

    feature('force_reregister', function(cell, theirs, ours, other)
        local procedure, options = cell.uri 'who', { force_reregister = true }
        assert(theirs:register { procedure = procedure, name = 'who', kind = 'who' })
        assert(other:register { procedure = procedure, name = 'who', kind = 'who', options = options })
        if not lacks(cell, 'force_reregister / telling it') then assert.equal('who', theirs:hears('revoked').name) end
        assert.same({ other.key }, (result(ours, procedure)))
        settle(ours, theirs)
    end)

    feature('registration_revocation', function(cell, theirs, ours)
        local procedure = cell.uri 'who'
        local id = assert(theirs:register { procedure = procedure, name = 'who', kind = 'who' }).id
        result(ours, 'wamp.registration.remove_callee', {
            argsList = { id, theirs.id }, argsDict = { reason = 'app.enough' } })
        if not lacks(cell, 'registration_revocation / telling it') then
            assert.same({ name = 'who', reason = 'app.enough' }, theirs:hears 'revoked')
        end
        assert.equal('wamp.error.no_such_procedure', (failure(ours, procedure)))
        settle(ours, theirs)
        assert.equal('', theirs.box:names())
    end)
end

return function(feature)
    basics(feature)
    pieces(feature)
    endings(feature)
    registrations(feature)
end
