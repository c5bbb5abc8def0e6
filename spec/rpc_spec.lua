local helper = require 'spec.helper'

for _, encoding in ipairs { 'json', 'msgpack', 'cbor' } do
    describe('calls over ' .. encoding, function()
        local router, caller, callee, box

        before_each(function()
            router = helper.router()
            caller = helper.joined(router:url(), { transportEncoding = encoding })
            callee = helper.joined(router:url(), { transportEncoding = encoding })
            box = helper.mailbox()
        end)

        after_each(helper.close)

        local function echo(data)
            return { argsList = data.argsList, argsDict = data.argsDict }
        end

        it('§6.2 a result serves both styles', function()
            helper.registered(callee, 'echo', echo)
            local name, list, dict = helper.called(caller, 'echo', { argsList = { 1, 2 }, argsDict = { k = 'v' } })
            assert.equal('onSuccess', name)
            assert.same({ 1, 2 }, list)
            assert.same({ k = 'v' }, dict)
            assert.equal(list, list.argsList)
            assert.equal(dict, list.argsDict)
            assert.is_table(list.details)
            assert.equal(2, #list)
            assert.equal('array', getmetatable(list).__jsontype)
        end)

        it('§6.2 a void result is two nils, or a table on request', function()
            helper.registered(callee, 'void', function() end)
            local counted
            caller:call('void', nil, function(...)
                counted = { n = select('#', ...), ... }
                box:on 'called' ()
            end)
            box:expect 'called'
            assert.same({ n = 2 }, counted)
            caller:options { resultTable = true }
            local _, list = helper.called(caller, 'void')
            assert.is_nil(list.argsDict)
            assert.same({}, list)
        end)

        it('§6.3 what an rpc returns', function()
            local returned
            helper.registered(callee, 'rpc', function() return returned end)
            for _, case in ipairs {
                { nil }, { 5 }, { 's' }, { true }, { {} }, { { 1, 2 } }, { { a = 1 } },
                { { argsList = { 1, 2 } }, { 1, 2 } }, { { argsList = 5 }, { 5 } },
                { { argsDict = { a = 1 } }, {}, { a = 1 } },
                { { argsList = { 1 }, argsDict = { a = 1 } }, { 1 }, { a = 1 } },
            } do
                returned = case[1]
                local name, list, dict = helper.called(caller, 'rpc')
                assert.equal('onSuccess', name)
                assert.same(case[2], list)
                assert.same(case[3], dict)
            end
        end)

        it('§6.3 an empty list stays an empty list #own', function()
            helper.registered(callee, 'rpc', function() return { argsList = {} } end)
            local _, list = helper.called(caller, 'rpc')
            assert.same({}, list)
        end)

        it('§6.3 what an rpc raises', function()
            local raised
            helper.registered(callee, 'rpc', function() error(raised, 0) end)
            for _, case in ipairs {
                { 'text', 'wamp.error.invocation_exception' }, { 5, 'wamp.error.invocation_exception' },
                { {}, 'wamp.error.invocation_exception' },
                { { error = 'my.err' }, 'my.err' }, { { uri = 'my.err' }, 'my.err' },
                { { error = 'first', uri = 'second' }, 'first' },
                { { error = 'my.err', argsList = { 'm' }, argsDict = { k = 1 } }, 'my.err', { 'm' }, { k = 1 } },
                { { error = 'my.err', argsDict = { k = 1 } }, 'my.err', {}, { k = 1 } },
                { { error = 'my.err', argsList = 'm' }, 'my.err', { 'm' } },
            } do
                raised = case[1]
                local name, err = helper.called(caller, 'rpc')
                assert.equal('onError', name)
                assert.equal(case[2], err.error)
                assert.same(case[3], err.argsList)
                assert.same(case[4], err.argsDict)
            end
        end)

        for how, answer in pairs {
            returns = function() return { argsList = { print } } end,
            raises = function() error { error = 'my.err', argsList = { print } } end,
        } do it('what an rpc ' .. how .. ' but cannot be sent is an error for the caller', function()
            helper.registered(callee, 'rpc', answer)
            local stderr = io.stderr
            io.stderr = { write = function(_, ...) box:on('stderr')(table.concat { ... }) end } -- luacheck: ignore 122
            local name, err = helper.called(caller, 'rpc')
            io.stderr = stderr -- luacheck: ignore 122
            assert.equal('onError', name)
            assert.equal('wamp.error.invocation_exception', err.error)
            assert.matches('argsList[1]', box:expect 'stderr', 1, true)
        end) end

        it('R09 an unknown procedure tells onError', function()
            local name, err = helper.called(caller, 'nobody')
            assert.equal('onError', name)
            assert.equal('wamp.error.no_such_procedure', err.error)
        end)

        it('R02 R03 Q15 without a callback sets status 3', function()
            caller:call('a.b', nil, nil)
            assert.equal(3, caller:getOpStatus().code)
            caller:call('a.b', nil, {})
            assert.equal(3, caller:getOpStatus().code)
            caller:call('a.b', nil, box:callbacks('onError'))
            assert.same({ error = 'No required callback function specified!' }, box:expect 'onError')
        end)

        it('R04 R05 wrong options set status 4', function()
            for _, options in ipairs { { disclose_me = 1 }, { receive_progress = 'x' }, { timeout = 'x' } } do
                caller:call('a.b', nil, print, options)
                assert.equal(4, caller:getOpStatus().code)
            end
        end)

        -- Crossbar leaves a call that is skipped unanswered.
        it('R08 progressive results come one by one #own', function()
            helper.registered(callee, 'rpc', function()
                return { options = { progress = true }, argsList = { 1 } }
            end)
            caller:call('rpc', nil, box:callbacks('onSuccess', 'onError'), { receive_progress = true })
            local list = box:expect 'onSuccess'
            assert.same({ 1 }, list)
            assert.is_true(list.details.progress)
            local id = caller:getOpStatus().reqId
            caller:cancel(id, nil, { mode = 'skip' })
            assert.equal('wamp.error.canceled', box:expect('onError').error)
        end)

        it('disclose_me tells the callee who calls', function()
            helper.registered(callee, 'who', function(data) return { argsList = { data.details.caller } } end)
            local _, list = helper.called(caller, 'who', nil, { disclose_me = true })
            assert.equal(caller:getSessionId(), list[1])
        end)

        it('R20 R21 cancel of nothing sets status 20, a wrong mode status 4', function()
            caller:cancel(99)
            assert.equal(20, caller:getOpStatus().code)
            caller:cancel(99, box:callbacks('onError'))
            box:expect 'onError'
            caller:call('a.b', nil, print)
            local id = caller:getOpStatus().reqId
            caller:cancel(id, nil, { mode = 'x' })
            assert.equal(4, caller:getOpStatus().code)
            caller:cancel(id, nil, {})
            assert.equal(4, caller:getOpStatus().code)
        end)

        it('R22 Q15 cancel confirms at once, and the call fails #own', function()
            helper.registered(callee, 'rpc', function() return { options = { progress = true } } end)
            caller:call('rpc', nil, box:callbacks('onSuccess', 'onError'), { receive_progress = true })
            box:expect 'onSuccess'
            local id = caller:getOpStatus().reqId
            local confirmed = 0
            caller:cancel(id, function() confirmed = confirmed + 1 end, { mode = 'killnowait' })
            assert.equal(1, confirmed)
            assert.same({ code = 0, description = 'Success!', reqId = id }, caller:getOpStatus())
            assert.equal('wamp.error.canceled', box:expect('onError').error)
        end)

        local function times_out(timeout)
            helper.registered(callee, 'rpc', function() return { options = { progress = true } } end)
            caller:call('rpc', nil, box:callbacks('onSuccess', 'onError'),
                { receive_progress = true, timeout = timeout })
            box:expect 'onSuccess'
            assert.equal('wamp.error.timeout', box:expect('onError').error)
        end

        it('a timeout ends a call', function() times_out(500) end)

        -- Crossbar ends the connection.
        it('R05 a timeout may have a fraction #own', function() times_out(500.5) end)

        it('G02 patterns and invocation policies', function()
            local other = helper.joined(router:url(), { transportEncoding = encoding })
            local function named(name)
                return function(data) return { argsList = { name, data.details.procedure } } end
            end
            helper.registered(callee, 'shared', named 'one', { invoke = 'roundrobin' })
            helper.registered(other, 'shared', named 'two', { invoke = 'roundrobin' })
            local seen = {}
            for _ = 1, 4 do
                local _, list = helper.called(caller, 'shared')
                seen[list[1]] = (seen[list[1]] or 0) + 1
            end
            assert.same({ one = 2, two = 2 }, seen)
            helper.registered(callee, 'pre', named 'prefix', { match = 'prefix' })
            local _, list = helper.called(caller, 'pre.fix.ed')
            assert.same({ 'prefix', 'pre.fix.ed' }, list)
        end)

        it('G03 wrong options set status 4 even for a bad URI', function()
            for _, options in ipairs { { match = 'exact' }, { match = false }, { invoke = 'Single' } } do
                callee:register('', print, options)
                assert.equal(4, callee:getOpStatus().code)
            end
        end)

        it('G05 Q15 without an rpc sets status 3', function()
            callee:register('a.b')
            assert.equal(3, callee:getOpStatus().code)
            callee:register('a.b', box:callbacks('onError'))
            box:expect 'onError'
        end)

        it('G06 registered twice sets status 15', function()
            helper.registered(callee, 'rpc', print)
            callee:register('rpc', { rpc = print, onError = box:on 'onError' })
            assert.same({ error = 'RPC already registered!' }, box:expect 'onError')
            assert.equal(15, callee:getOpStatus().code)
        end)

        it('G09 a procedure of somebody else tells onError', function()
            helper.registered(callee, 'rpc', print)
            caller:register('rpc', { rpc = print, onSuccess = box:on 'onSuccess', onError = box:on 'onError' })
            assert.equal('wamp.error.procedure_already_exists', box:expect('onError').error)
        end)

        it('G20 G21 Q15 unregister', function()
            callee:unregister('rpc', box:callbacks('onError'))
            assert.equal(17, callee:getOpStatus().code)
            box:expect 'onError'
            callee:unregister('rpc')
            helper.registered(callee, 'rpc', print)
            callee:unregister('rpc', box:on 'unregistered')
            box:expect 'unregistered'
            assert.equal('onError', (helper.called(caller, 'rpc')))
            helper.registered(callee, 'rpc', echo)
            callee:unregister('rpc')
            helper.registered(callee, 'other', echo)
        end)

        it('a call may be made from inside a handler of another client', function()
            helper.registered(callee, 'inner', echo)
            helper.registered(callee, 'outer', function(data)
                callee:publish('heard', data.argsList)
                return echo(data)
            end)
            helper.subscribed(caller, 'heard', box:on 'heard')
            local _, list = helper.called(caller, 'outer', { 'x' })
            assert.same({ 'x' }, list)
            assert.same({ 'x' }, box:expect('heard').argsList)
        end)
    end)
end
