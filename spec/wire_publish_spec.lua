--- publish: acknowledgement, options, and what is refused.

local played = require 'spec.support.played'
local statuses = require 'spec.support.statuses'

local status, failure = statuses.status, statuses.failure

-- Options by their type: what each kind of value becomes; `false` is refused.
local LISTS = {
    exclude = { 5, '[5]', { 5, 6 }, '[5,6]', { a = 1 }, '{"a":1}', wrong = { 'x', true, print } },
    exclude_authid = { 'x', '["x"]', { 'x', 'y' }, '["x","y"]', { a = 'x' }, '{"a":"x"}', wrong = { 5, true, print } },
}
LISTS.eligible = LISTS.exclude
LISTS.exclude_authrole, LISTS.eligible_authid = LISTS.exclude_authid, LISTS.exclude_authid
LISTS.eligible_authrole = LISTS.exclude_authid

local NUMBERS, TEXTS = { 'exclude', 'eligible' },
    { 'exclude_authid', 'exclude_authrole', 'eligible_authid', 'eligible_authrole' }

for _, format in ipairs(played.FORMATS) do
    describe('publish over ' .. format, function()
        local p, client, box

        before_each(function()
            p = played.joined { transportEncoding = format }
            client, box = p.client, p.box
        end)
        after_each(played.close)

        -- What those options become on the wire.
        local function sent(options)
            client:publish('t', nil, nil, options)
            local number, rest = p:request(16)
            assert.same(status(0, number), client:getOpStatus())
            return rest:match '^(.*),"t"$'
        end

        local function refused(options)
            client:publish('t', nil, box:callbacks('onError', 'onSuccess'), options)
            assert.same(status(4), client:getOpStatus())
            assert.same(failure(4), box:expect 'onError')
            for _, callbacks in ipairs { false, box:on 'called' } do
                client:publish('t', nil, callbacks or nil, options)
                assert.same(status(4), client:getOpStatus())
            end
            assert.equal('', box:names())
        end

        local function takes(names)
            for _, name in ipairs(names) do
                local cases = LISTS[name]
                for i = 1, 6, 2 do
                    assert.equal(('{"%s":%s}'):format(name, cases[i + 1]), sent { [name] = cases[i] })
                end
                assert.equal(('{"%s":[]}'):format(name), sent { [name] = {} })
                assert.equal('{}', sent { [name] = false })
                for _, wrong in ipairs(cases.wrong) do refused { [name] = wrong } end
            end
        end

        it('P01 with a table of callbacks is acknowledged', function()
            client:publish('t', nil, {})
            p:expect '[16,1,{"acknowledge":true},"t"]'
            client:publish('t', 1, box:callbacks('onSuccess', 'onError'))
            p:expect '[16,2,{"acknowledge":true},"t",[1]]'
            p:say('[17,1,5]', '[17,99,5]')
            assert.equal(0, select('#', p:told('onSuccess', '[17,2,5]')))
            client:publish('t', { a = 1 }, box:callbacks('onSuccess', 'onError'), { exclude_me = false })
            p:expect '[16,3,{"acknowledge":true,"exclude_me":false},"t",[],{"a":1}]'
            assert.same({ error = 'e.u', details = { d = 1 }, argsList = { 1 }, argsDict = { k = 2 } },
                p:told('onError', '[8,16,3,{"d":1},"e.u",[1],{"k":2}]'))
            client:publish('t', 1, box:callbacks('onSuccess', 'onError'))
            p:expect '[16,4,{"acknowledge":true},"t",[1]]'
            assert.same({ error = 'e.u', details = {} }, p:told('onError', '[8,16,4,{},"e.u"]'))
            client:publish('t', 1, { onSuccess = 'text', onError = 5 })
            p:expect '[16,5,{"acknowledge":true},"t",[1]]'
            p:say('[17,2,5]', '[17,3,5]', '[17,4,5]', '[17,5,5]', '[8,16,2,{},"e.u"]')
            p:settled()
            assert.equal('', box:names())
        end)

        it('P02 without callbacks is not', function()
            client:publish 't'
            p:expect '[16,1,{},"t"]'
            client:publish('t', 1, nil, { disclose_me = true })
            p:expect '[16,2,{"disclose_me":true},"t",[1]]'
        end)

        it('P03 Q41 with a function or a text as callbacks is not, and calls none', function()
            client:publish('t', nil, box:on 'called')
            p:expect '[16,1,{},"t"]'
            client:publish('t', 1, 'text', { exclude = 5 })
            p:expect '[16,2,{"exclude":[5]},"t",[1]]'
            p:say('[17,1,5]', '[17,2,5]', '[8,16,1,{},"e.u"]', '[8,16,2,{},"e.u"]')
            p:settled()
            assert.equal('', box:names())
        end)

        it('P04 P06 Q30 takes a number or a table as exclude and eligible', function() takes(NUMBERS) end)

        it('P05 P06 Q30 takes a text or a table as the lists of authid and authrole', function() takes(TEXTS) end)

        it('P06 looks into no table', function()
            assert.equal('{"exclude":["x",1.5]}', sent { exclude = { 'x', 1.5 } })
            assert.equal('{"eligible_authid":[5,[true]]}', sent { eligible_authid = { 5, { true } } })
        end)

        it('P07 takes a boolean as exclude_me and disclose_me', function()
            for _, name in ipairs { 'exclude_me', 'disclose_me' } do
                assert.equal(('{"%s":true}'):format(name), sent { [name] = true })
                assert.equal(('{"%s":false}'):format(name), sent { [name] = false })
                for _, wrong in ipairs { 5, 'true', {}, print } do refused { [name] = wrong } end
            end
            assert.equal('{}', sent {})
        end)

        it('takes what an object inherits from its class', function()
            local class = { exclude_me = false, eligible = 5, unknown = 1 }
            class.__index = class
            assert.equal('{"exclude_me":false}', sent(setmetatable({ eligible = false }, class)))
            assert.equal('{"disclose_me":true}', sent(setmetatable({ disclose_me = true }, {})))
        end)

        it('P08 drops what it does not know, and options that are no table', function()
            assert.equal('{}', sent { acknowledge = true, retain = true, foo = 1, [1] = 2 })
            for _, options in ipairs { 'text', 5, true, print } do assert.equal('{}', sent(options)) end
            client:publish('t', nil, {}, { acknowledge = false })
            p:expect(('[16,%d,{"acknowledge":true},"t"]'):format(client:getOpStatus().reqId))
        end)

        it('P09 tells of a wrong option, whatever comes before or after it', function()
            local cyclic = {}
            cyclic[1] = cyclic
            for _, table_ in ipairs { 'exclude', 'eligible', 'exclude_authid', 'eligible_authrole' } do
                for _, flag in ipairs { 'exclude_me', 'disclose_me' } do
                    refused { [table_] = cyclic, [flag] = 5 }
                end
                assert.error_matches(function() client:publish('t', nil, nil, { [table_] = cyclic }) end, table_)
            end
        end)

        it('P09 Q15 tells onError once of any number of wrong options, and raises no error', function()
            refused { exclude = 'x' }
            refused { exclude = 'x', exclude_authid = 5, exclude_me = 5, disclose_me = 'x' }
            client:publish('t', nil, 'text', { exclude = 'x' })
            assert.same(status(4), client:getOpStatus())
            client:publish('t', nil, {}, { exclude = 'x' })
            assert.same(status(4), client:getOpStatus())
            client:publish 't'
            p:expect '[16,1,{},"t"]'
        end)

        it('P10 Z06 raises an error for what cannot be encoded, and forgets it', function()
            client:publish 't'
            p:expect '[16,1,{},"t"]'
            local before = client:getOpStatus()
            for _, case in ipairs {
                { { print }, nil, 'argsList%[1%]: function' },
                { { a = { print } }, nil, 'argsDict.a%[1%]: function' },
                { 1, { exclude = { 1, print } }, 'options.exclude%[2%]: function' },
            } do
                local ok, message = pcall(function()
                    client:publish('t', case[1], box:callbacks('onSuccess', 'onError'), case[2])
                end)
                assert.is_false(ok)
                assert.matches('wire_publish_spec.lua:%d+: ' .. case[3], message)
                assert.equal(before, client:getOpStatus())
            end
            client:publish 't'
            p:expect '[16,2,{},"t"]'
            p:say('[17,2,5]', '[17,3,5]')
            p:settled()
            assert.equal('', box:names())
        end)

        it('Z06 has no NaN and no infinity in its options', function()
            for _, number in ipairs { 0 / 0, 1 / 0, -1 / 0 } do
                local ok, message = pcall(function() client:publish('t', nil, nil, { exclude = { 1, number } }) end)
                assert.is_false(ok)
                assert.matches('wire_publish_spec.lua:%d+: options.exclude%[2%]: NaN and infinity', message)
            end
            client:publish 't'
            p:expect '[16,1,{},"t"]'
        end)
    end)
end
