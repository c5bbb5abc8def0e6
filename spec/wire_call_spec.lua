--- call and cancel: options, results, errors, and what is refused.

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

    -- What the callback of that name is given when the router says that, with the number of arguments.
    local function given(name, message)
        local function pack(...) return { n = select('#', ...), ... } end
        return pack(p:told(name, message))
    end

    describe('call over ' .. format, function()
        before_each(join)
        after_each(played.close)

        -- What those options become on the wire.
        local function sent(options)
            client:call('t', nil, print, options)
            local number, rest = p:request(48)
            assert.same(status(0, number), client:getOpStatus())
            return rest:match '^(.*),"t"$'
        end

        local function refused(options)
            client:call('t', nil, box:callbacks('onError', 'onSuccess'), options)
            assert.same(status(4), client:getOpStatus())
            assert.same(failure(4), box:expect 'onError')
            for _, callbacks in ipairs { box:on 'called', box:callbacks 'onSuccess' } do
                client:call('t', nil, callbacks, options)
                assert.same(status(4), client:getOpStatus())
            end
            assert.equal('', box:names())
        end

        it('R01 with a function calls it as onSuccess', function()
            client:call('t', { 5 }, box:on 'result')
            p:expect '[48,1,{},"t",[5]]'
            assert.same(status(0, 1), client:getOpStatus())
            assert.same({ n = 2, { 1 } }, given('result', '[50,1,{},[1]]'))
        end)

        it('R02 Q15 without callbacks sets status 3, and raises no error', function()
            client:call('t', 1, nil)
            assert.same(status(3), client:getOpStatus())
            client:call 't'
            assert.same(status(3), client:getOpStatus())
            client:publish 't'
            p:expect '[16,1,{},"t"]'
        end)

        it('R03 with callbacks of the wrong shape sets status 3', function()
            for _, callbacks in ipairs { {}, 'text', 5, true, { onSuccess = 'text' }, box:callbacks 'onError' } do
                client:call('t', nil, callbacks)
                assert.same(status(3), client:getOpStatus())
            end
            assert.same(failure(3), box:expect 'onError')
            assert.equal('', box:names())
            client:publish 't'
            p:expect '[16,1,{},"t"]'
        end)

        it('R04 takes a boolean as disclose_me and receive_progress', function()
            for _, name in ipairs { 'disclose_me', 'receive_progress' } do
                assert.equal(('{"%s":true}'):format(name), sent { [name] = true })
                assert.equal(('{"%s":false}'):format(name), sent { [name] = false })
                for _, wrong in ipairs { 1, 'true', {}, print } do refused { [name] = wrong } end
            end
            assert.equal('{}', sent {})
            p:silent()
        end)

        it('takes what an object inherits from its class', function()
            local class = { disclose_me = true, receive_progress = 'no boolean', unknown = 1 }
            class.__index = class
            refused(setmetatable({}, class))
            assert.equal('{"disclose_me":true}', sent(setmetatable({ disclose_me = true }, {})))
        end)

        it('R05 takes a number as timeout', function()
            assert.equal('{"timeout":60000}', sent { timeout = 60000 })
            assert.equal('{"timeout":60000.5}', sent { timeout = 60000.5 })
            for _, wrong in ipairs { '1500', true, false, {}, print } do refused { timeout = wrong } end
            p:silent()
        end)

        it('R06 drops what it does not know, and options that are no table', function()
            assert.equal('{}', sent { exclude_me = true, foo = 1, [1] = 2, acknowledge = true })
            for _, options in ipairs { 'text', 5, true, print } do assert.equal('{}', sent(options)) end
            client:call('t', 1, print, { disclose_me = true, receive_progress = true, timeout = 60000 })
            p:expect(('[48,%d,{"receive_progress":true,"disclose_me":true,"timeout":60000},"t",[1]]')
                :format(client:getOpStatus().reqId))
        end)

        it('R07 gives onSuccess the list and the dictionary of RESULT, and nil for what is absent', function()
            local results = {
                { '{}', { n = 2 } }, { '{},[]', { n = 2, {} } }, { '{},[1,2]', { n = 2, { 1, 2 } } },
                { '{},[],{"k":1}', { n = 2, {}, { k = 1 } } }, { '{},[1],{"k":1}', { n = 2, { 1 }, { k = 1 } } },
                { '{"x":1},[1],{}', { n = 2, { 1 }, {} } },
            }
            for _, case in ipairs(results) do
                client:call('t', nil, box:callbacks('onSuccess', 'onError'))
                local number = p:request(48)
                p:say '[50,99,{},[1]]'
                assert.same(case[2], given('onSuccess', ('[50,%d,%s]'):format(number, case[1])))
                p:say(('[50,%d,%s]'):format(number, case[1]))
                p:settled()
                assert.equal('', box:names())
            end
        end)

        it('R08 stays pending while the result is progressive', function()
            client:call('t', nil, box:callbacks('onSuccess', 'onError'), { receive_progress = true })
            p:expect '[48,1,{"receive_progress":true},"t"]'
            assert.same({ n = 2, { 1 } }, given('onSuccess', '[50,1,{"progress":true},[1]]'))
            assert.same({ n = 2 }, given('onSuccess', '[50,1,{"progress":true}]'))
            assert.same({ n = 2, {}, { k = 1 } }, given('onSuccess', '[50,1,{"progress":true},[],{"k":1}]'))
            assert.same({ n = 2, { 2 } }, given('onSuccess', '[50,1,{"progress":false},[2]]'))
            p:say('[50,1,{"progress":true},[3]]', '[50,1,{},[3]]', '[8,48,1,{},"e.u"]')
            p:settled()
            client:call('t', nil, box:callbacks('onSuccess', 'onError'), { receive_progress = true })
            local number = p:request(48)
            given('onSuccess', ('[50,%d,{"progress":true},[1]]'):format(number))
            assert.same(FULL_ERROR, p:told('onError', ('[8,48,%d,{"d":1},"e.u",[1],{"k":2}]'):format(number)))
            p:say(('[50,%d,{},[3]]'):format(number))
            p:settled()
            assert.equal('', box:names())
        end)

        it('R09 tells onError what the router says; without one it is dropped', function()
            client:call('t', nil, box:callbacks('onSuccess', 'onError'))
            p:expect '[48,1,{},"t"]'
            assert.same(FULL_ERROR, p:told('onError', '[8,48,1,{"d":1},"e.u",[1],{"k":2}]'))
            client:call('t', nil, box:callbacks('onSuccess', 'onError'))
            p:expect '[48,2,{},"t"]'
            assert.same({ error = 'e.u', details = {} }, p:told('onError', '[8,48,2,{},"e.u"]'))
            client:call('t', nil, box:callbacks('onSuccess', 'onError'))
            p:expect '[48,3,{},"t"]'
            assert.same({ error = 'e.u', details = {}, argsList = {} }, p:told('onError', '[8,48,3,{},"e.u",[]]'))
            client:call('t', nil, box:on 'called')
            client:call('t', nil, box:callbacks 'onSuccess')
            for number = 4, 5 do
                p:expect(('[48,%d,{},"t"]'):format(number))
                p:say(('[8,48,%d,{"d":1},"e.u",[1]]'):format(number), ('[50,%d,{},[1]]'):format(number))
            end
            p:settled()
            assert.equal('', box:names())
        end)

        it('Z06 has no NaN and no infinity in its options', function()
            for _, number in ipairs { 0 / 0, 1 / 0, -1 / 0 } do
                local ok, message = pcall(function() client:call('t', nil, print, { timeout = number }) end)
                assert.is_false(ok)
                assert.matches('wire_call_spec.lua:%d+: options.timeout: NaN and infinity', message)
            end
            client:publish 't'
            p:expect '[16,1,{},"t"]'
        end)
    end)

    describe('cancel over ' .. format, function()
        before_each(function()
            join()
            client:call('t', nil, box:callbacks('onSuccess', 'onError'))
            p:expect '[48,1,{},"t"]'
        end)
        after_each(played.close)

        it('R20 Q15 of no pending call sets status 20, and raises no error', function()
            client:publish('u', nil, {})
            p:expect '[16,2,{"acknowledge":true},"u"]'
            for _, unknown in ipairs { 2, '1', 99, true, {}, 1.5, 0 / 0, 0, -1 } do
                client:cancel(unknown, box:callbacks('onError', 'onSuccess'))
                assert.same(status(20), client:getOpStatus())
                assert.same(failure(20), box:expect 'onError')
                client:cancel(unknown)
                client:cancel(unknown, box:on 'called')
                assert.same(status(20), client:getOpStatus())
            end
            client:cancel(nil, box:callbacks 'onError')
            assert.same(failure(20), box:expect 'onError')
            client:cancel()
            client:cancel(nil, box:on 'called')
            assert.same(status(20), client:getOpStatus())
            assert.equal('', box:names())
            p:settled()
        end)

        it('R21 with a table of options needs one of the three modes', function()
            for _, wrong in ipairs { {}, { mode = 'Kill' }, { mode = 'abort' }, { mode = 5 }, { mode = false },
                { mode = {} }, { 'kill' } } do
                client:cancel(1, box:callbacks('onError', 'onSuccess'), wrong)
                assert.same(status(4), client:getOpStatus())
                assert.same(failure(4), box:expect 'onError')
                client:cancel(1, box:on 'called', wrong)
                client:cancel(1, nil, wrong)
                assert.same(status(4), client:getOpStatus())
            end
            assert.equal('', box:names())
            p:settled()
        end)

        it('R22 sends CANCEL and confirms at once, without waiting for the router', function()
            for _, case in ipairs {
                { nil, '{}' }, { 'kill', '{}' }, { 5, '{}' }, { { mode = 'skip' }, '{"mode":"skip"}' },
                { { mode = 'kill', foo = 1 }, '{"mode":"kill"}' },
                { { mode = 'killnowait' }, '{"mode":"killnowait"}' },
            } do
                client:publish 'u'
                p:request(16)
                local seen
                client:cancel(1, { onError = box:on 'never', onSuccess = function(...)
                    seen = { n = select('#', ...), status = client:getOpStatus() }
                end }, case[1])
                assert.same({ n = 0, status = status(0, 1) }, seen)
                assert.same(status(0, 1), client:getOpStatus())
                p:expect(('[49,1,%s]'):format(case[2]))
            end
            assert.equal('', box:names())
        end)

        it('R23 Q15 takes nothing or a function as callbacks, and calls the function', function()
            client:cancel(1)
            p:expect '[49,1,{}]'
            assert.same(status(0, 1), client:getOpStatus())
            client:cancel(1, nil, { mode = 'kill' })
            p:expect '[49,1,{"mode":"kill"}]'
            client:cancel(1, box:on 'canceled')
            assert.equal('canceled', box:names())
            assert.equal(0, select('#', box:expect 'canceled'))
            assert.same(status(0, 1), client:getOpStatus())
            p:expect '[49,1,{}]'
            p:settled()
            assert.equal('', box:names())
        end)

        it('R24 leaves the call pending until the router answers', function()
            for _ = 1, 3 do
                client:cancel(1, nil, { mode = 'skip' })
                p:expect '[49,1,{"mode":"skip"}]'
            end
            p:settled()
            assert.equal('', box:names())
            p:say '[8,49,1,{},"e.u"]'
            assert.same({ error = 'wamp.error.canceled', details = {} },
                p:told('onError', '[8,48,1,{},"wamp.error.canceled"]'))
            client:cancel(1)
            assert.same(status(20), client:getOpStatus())
            p:settled()
            client:call('t', nil, box:callbacks('onSuccess', 'onError'))
            local number = p:request(48)
            client:cancel(number)
            p:expect(('[49,%d,{}]'):format(number))
            assert.same({ n = 2, { 1 } }, given('onSuccess', ('[50,%d,{},[1]]'):format(number)))
            p:settled()
            assert.equal('', box:names())
        end)
    end)
end
