--- register and unregister: what is sent, who serves, and what is refused.

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

    -- `r` is registered as 77.
    local function registered(rpc)
        client:register('r', { rpc = rpc or print, onSuccess = box:on 'registered' })
        p:told('registered', ('[65,%d,77]'):format((p:request(64))))
    end

    local function serving(name)
        return function() return { argsList = { name } } end
    end

    describe('register over ' .. format, function()
        before_each(join)
        after_each(played.close)

        -- What those options become on the wire.
        local function sent(options)
            client:register('p', print, options)
            local number, rest = p:request(64)
            assert.same(status(0, number), client:getOpStatus())
            return rest:match '^(.*),"p"$'
        end

        it('G01 takes a function or a table with rpc', function()
            client:register('r', serving 'one')
            p:expect '[64,1,{},"r"]'
            assert.same(status(0, 1), client:getOpStatus())
            client:register('s', { rpc = serving 'two', onSuccess = box:on 'registered', onError = box:on 'onError' })
            p:expect '[64,2,{},"s"]'
            assert.same(status(0, 2), client:getOpStatus())
            p:say '[65,1,77]'
            p:told('registered', '[65,2,78]')
            for invocation, name in ipairs { 'one', 'two' } do
                p:say(('[68,%d,%d,{}]'):format(invocation, 76 + invocation))
                client:poll(20)
                p:expect(('[70,%d,{},["%s"]]'):format(invocation, name))
            end
        end)

        it('G02 copies match and invoke', function()
            for _, match in ipairs { 'prefix', 'wildcard' } do
                assert.equal(('{"match":"%s"}'):format(match), sent { match = match })
            end
            for _, invoke in ipairs { 'single', 'roundrobin', 'random', 'first', 'last' } do
                assert.equal(('{"invoke":"%s"}'):format(invoke), sent { invoke = invoke })
            end
            client:register('p', print, { match = 'prefix', invoke = 'last' })
            p:expect(('[64,%d,{"match":"prefix","invoke":"last"},"p"]'):format(client:getOpStatus().reqId))
        end)

        it('G03 Q24 refuses any other match and invoke, before it looks at anything else', function()
            for _, name in ipairs { 'match', 'invoke' } do
                for _, wrong in ipairs { 'exact', 'Prefix', 'Single', '', false, true, 5, {}, print } do
                    for _, uri in ipairs { 'r', 'a b', '', false, {} } do
                        client:register(uri or nil, box:callbacks('rpc', 'onError', 'onSuccess'), { [name] = wrong })
                        assert.same(status(4), client:getOpStatus())
                        assert.same(failure(4), box:expect 'onError')
                        for _, callbacks in ipairs { false, print, 'text', {} } do
                            client:register(uri or nil, callbacks or nil, { [name] = wrong })
                            assert.same(status(4), client:getOpStatus())
                        end
                    end
                end
            end
            assert.equal('', box:names())
            p:silent()
        end)

        it('G04 ignores what it does not know, and options that are no table', function()
            assert.equal('{"match":"prefix"}', sent { match = 'prefix', foo = 1, disclose_caller = true, [1] = 2 })
            assert.equal('{}', sent { foo = 1 })
            for _, options in ipairs { 'prefix', 5, true, print } do assert.equal('{}', sent(options)) end
        end)

        it('G05 Q15 without an rpc sets status 3, and raises no error', function()
            for _, callbacks in ipairs { false, 5, 'text', true, {}, { rpc = 'text' }, box:callbacks 'onSuccess' } do
                client:register('r', callbacks or nil)
                assert.same(status(3), client:getOpStatus())
            end
            client:register('r', box:callbacks('onError', 'onSuccess'))
            assert.same(status(3), client:getOpStatus())
            assert.same(failure(3), box:expect 'onError')
            assert.equal('', box:names())
            client:publish 't'
            p:expect '[16,1,{},"t"]'
        end)

        it('G06 of what is registered sets status 15, unless there is no rpc, and sends nothing', function()
            registered()
            for _, options in ipairs { false, { invoke = 'roundrobin' }, { match = 'prefix' } } do
                client:register('r', box:callbacks('rpc', 'onError', 'onSuccess'), options or nil)
                assert.same(status(15), client:getOpStatus())
                assert.same(failure(15), box:expect 'onError')
                client:register('r', print, options or nil)
                assert.same(status(15), client:getOpStatus())
            end
            for _, callbacks in ipairs { false, {}, 'text' } do
                client:register('r', callbacks or nil)
                assert.same(status(3), client:getOpStatus())
            end
            assert.equal('', box:names())
            client:publish 't'
            p:expect '[16,2,{},"t"]'
        end)

        for _, order in ipairs { { 1, 2 }, { 2, 1 } } do
            it('G07 twice before the answers sends both; both serve, and the last confirmed has the name: '
                .. table.concat(order, ' '), function()
                for number, name in ipairs { 'one', 'two' } do
                    client:register('r', { rpc = serving(name), onSuccess = box:on 'done' })
                    p:expect(('[64,%d,{},"r"]'):format(number))
                end
                for _, number in ipairs(order) do p:told('done', ('[65,%d,%d]'):format(number, 70 + number)) end
                for invocation, name in ipairs { 'one', 'two' } do
                    p:say(('[68,%d,%d,{}]'):format(invocation, 70 + invocation))
                    client:poll(20)
                    p:expect(('[70,%d,{},["%s"]]'):format(invocation, name))
                end
                client:unregister 'r'
                p:expect(('[66,3,%d]'):format(70 + order[2]))
            end)
        end

        it('G08 while UNREGISTER is not answered sets status 15', function()
            registered()
            client:unregister('r', box:on 'gone')
            p:expect '[66,2,77]'
            client:register('r', box:callbacks('rpc', 'onError'))
            assert.same(status(15), client:getOpStatus())
            assert.same(failure(15), box:expect 'onError')
            p:told('gone', '[67,2]')
            registered()
            assert.same(status(0, 3), client:getOpStatus())
        end)

        it('G09 tells onSuccess nothing but that, and onError what the router says', function()
            client:register('r', box:callbacks('rpc', 'onSuccess', 'onError'))
            p:expect '[64,1,{},"r"]'
            assert.same(FULL_ERROR, p:told('onError', '[8,64,1,{"d":1},"e.u",[1],{"k":2}]'))
            client:register('r', box:callbacks('rpc', 'onSuccess', 'onError'))
            p:expect '[64,2,{},"r"]'
            assert.same({ error = 'e.u', details = {} }, p:told('onError', '[8,64,2,{},"e.u"]'))
            client:register('r', box:callbacks('rpc', 'onSuccess', 'onError'))
            p:expect '[64,3,{},"r"]'
            p:say '[65,99,78]'
            assert.equal(0, select('#', p:told('onSuccess', '[65,3,77]')))
            client:register('s', box:on 'called')
            p:expect '[64,4,{},"s"]'
            p:say('[8,64,4,{},"e.u"]', '[65,3,77]', '[8,64,3,{},"e.u"]')
            p:settled()
            assert.equal('', box:names())
        end)
    end)

    describe('unregister over ' .. format, function()
        before_each(join)
        after_each(played.close)

        it('G20 Q15 of what is not registered sets status 17, and raises no error', function()
            client:register('r', print)
            p:expect '[64,1,{},"r"]'
            for _, unknown in ipairs { 'r', 's', 5 } do
                client:unregister(unknown, box:callbacks('onError', 'onSuccess'))
                assert.same(status(17), client:getOpStatus())
                assert.same(failure(17), box:expect 'onError')
                for _, callbacks in ipairs { false, box:on 'called', {}, 'text' } do
                    client:unregister(unknown, callbacks or nil)
                    assert.same(status(17), client:getOpStatus())
                end
            end
            assert.equal('', box:names())
            client:publish 't'
            p:expect '[16,2,{},"t"]'
        end)

        it('G21 sends UNREGISTER and confirms its answer', function()
            for _, callbacks in ipairs { box:callbacks('onSuccess', 'onError'), box:on 'onSuccess' } do
                registered()
                client:unregister('r', callbacks)
                local number, rest = p:request(66)
                assert.equal('77', rest)
                assert.same(status(0, number), client:getOpStatus())
                assert.equal('', box:names())
                assert.equal(0, select('#', p:told('onSuccess', ('[67,%d]'):format(number))))
                client:unregister 'r'
                assert.same(status(17), client:getOpStatus())
            end
            registered()
            client:unregister('r', box:callbacks('onSuccess', 'onError'))
            assert.same(FULL_ERROR,
                p:told('onError', ('[8,66,%d,{"d":1},"e.u",[1],{"k":2}]'):format((p:request(66)))))
            p:settled()
        end)

        it('G22 without callbacks does the same', function()
            registered()
            client:unregister 'r'
            p:expect '[66,2,77]'
            assert.same(status(0, 2), client:getOpStatus())
            p:say '[67,2]'
            p:settled()
            client:unregister 'r'
            assert.same(status(17), client:getOpStatus())
            registered()
        end)

        it('G23 twice before the answers sends both, and confirms both', function()
            registered()
            client:unregister('r', box:on 'first')
            client:unregister('r', box:callbacks('onSuccess', 'onError'))
            p:expect '[66,2,77]'
            p:expect '[66,3,77]'
            p:told('first', '[67,2]')
            p:told('onSuccess', '[67,3]')
            client:unregister 'r'
            assert.same(status(17), client:getOpStatus())
            p:settled()
            registered()
        end)
    end)
end
