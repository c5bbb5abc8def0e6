local played = require 'spec.support.played'
local null = require 'loowy.null'

local function array(value) return setmetatable(value, { __jsontype = 'array' }) end
local function object(value) return setmetatable(value, { __jsontype = 'object' }) end

describe('on the wire', function()
    local p, client, box

    local function join(...)
        p = played.joined(...)
        client, box = p.client, p.box
    end

    after_each(played.close)

    it('§4.8 the payload of PUBLISH and CALL', function()
        join()
        local id = 0
        for _, case in ipairs {
            { '' }, { ',[false]', false }, { ',[true]', true }, { ',[0]', 0 }, { ',[1.5]', 1.5 }, { ',[""]', '' },
            { ',["s"]', 's' }, { ',[],{}', {} }, { ',[1,2]', { 1, 2 } }, { ',[false]', { false } }, { ',[{}]', { {} } },
            { ',[],[null,2]', { nil, 2 } }, { ',[],{"a":1}', { a = 1 } }, { ',[1]', { 1, a = 2 } },
            { '', { argsList = {} } }, { '', { argsList = { nil, 2 } } }, { '', { argsList = { a = 1 } } },
            { ',[1]', { argsList = { 1 } } }, { ',[7]', { argsList = 7 } }, { ',["s"]', { argsList = 's' } },
            { ',[true]', { argsList = true } }, { ',[],{"argsList":false}', { argsList = false } },
            { ',[],{}', { argsDict = {} } }, { ',[],{"a":1}', { argsDict = { a = 1 } } },
            { ',[],{"argsDict":false}', { argsDict = false } }, { ',[],5', { argsDict = 5 } },
            { ',[],[1,2]', { argsDict = { 1, 2 } } }, { ',[],{"a":1}', { argsList = {}, argsDict = { a = 1 } } },
            { ',[1],{}', { argsList = { 1 }, argsDict = {} } },
            { ',[1],{"a":1}', { argsList = { 1 }, argsDict = { a = 1 } } },
            { ',[5],{"a":1}', { argsList = 5, argsDict = { a = 1 } } },
            { ',[false],{"a":1}', { argsList = false, argsDict = { a = 1 } } },
            { ',[1]', { argsList = { 1 }, x = 9 } }, { ',[1]', { 1, argsList = { 9 } } },
            { ',[],[]', array {} }, { ',[],{}', object {} }, { ',[],{}', { argsDict = object {} } },
            { ',[],{}', { [0] = 1 } }, { ',[],{}', { [2] = 1 } }, { ',[],{"1":"a"}', { ['1'] = 'a' } },
            { ',[null]', null }, { ',[null]', { null } }, { ',[],{"a":null}', { a = null } },
            { ',[null]', { argsList = null } }, { ',[],null', { argsDict = null } },
        } do
            id = id + 2
            client:publish('t', case[2])
            p:expect(('[16,%d,{},"t"%s]'):format(id - 1, case[1]))
            client:call('t', case[2], print)
            p:expect(('[48,%d,{},"t"%s]'):format(id, case[1]))
        end
    end)

    it('P01 P02 P03 acknowledge', function()
        join()
        client:publish('t', nil, {})
        p:expect '[16,1,{"acknowledge":true},"t"]'
        client:publish('t', nil, print)
        p:expect '[16,2,{},"t"]'
        client:publish('t', nil, 'text')
        p:expect '[16,3,{},"t"]'
        client:publish('t', 1, box:callbacks('onSuccess', 'onError'))
        p:expect '[16,4,{"acknowledge":true},"t",[1]]'
        p:say '[17,1,5]'
        p:say '[17,99,5]'
        p:say '[17,4,5]'
        assert.equal(0, select('#', box:expect 'onSuccess'))
        client:publish('t', 1, box:callbacks('onSuccess', 'onError'))
        p:heard()
        assert.same({ error = 'e.u', details = { d = 1 }, argsList = { 1 }, argsDict = { k = 2 } },
            p:told('onError', '[8,16,5,{"d":1},"e.u",[1],{"k":2}]'))
    end)

    it('P04 P05 P06 P07 P08 the options of PUBLISH', function()
        join()
        local function sent(options, expected)
            client:publish('t', nil, nil, options)
            local message = p:heard()
            assert.equal(expected, message:match '^%[16,%d+,(.*),"t"%]$', message)
        end
        for _, name in ipairs { 'exclude', 'eligible' } do
            sent({ [name] = 5 }, ('{"%s":[5]}'):format(name))
            sent({ [name] = { 5, 6 } }, ('{"%s":[5,6]}'):format(name))
            sent({ [name] = {} }, ('{"%s":[]}'):format(name))
            sent({ [name] = { a = 1 } }, ('{"%s":{"a":1}}'):format(name))
            sent({ [name] = false }, '{}')
            for _, wrong in ipairs { 'x', true, print } do
                client:publish('t', nil, nil, { [name] = wrong })
                assert.equal(4, p:code())
            end
        end
        for _, name in ipairs { 'exclude_authid', 'exclude_authrole', 'eligible_authid', 'eligible_authrole' } do
            sent({ [name] = 'x' }, ('{"%s":["x"]}'):format(name))
            sent({ [name] = { 'x', 'y' } }, ('{"%s":["x","y"]}'):format(name))
            sent({ [name] = {} }, ('{"%s":[]}'):format(name))
            sent({ [name] = false }, '{}')
            for _, wrong in ipairs { 5, true, print } do
                client:publish('t', nil, nil, { [name] = wrong })
                assert.equal(4, p:code())
            end
        end
        for _, name in ipairs { 'exclude_me', 'disclose_me' } do
            sent({ [name] = true }, ('{"%s":true}'):format(name))
            sent({ [name] = false }, ('{"%s":false}'):format(name))
            for _, wrong in ipairs { 5, 'true', {} } do
                client:publish('t', nil, nil, { [name] = wrong })
                assert.equal(4, p:code())
            end
        end
        sent({ acknowledge = true, foo = 1 }, '{}')
        sent('text', '{}')
        sent(5, '{}')
    end)

    it('P09 C02 a wrong option: one onError, no reqId, no id used', function()
        join()
        client:publish('t', nil, box:callbacks('onError', 'onSuccess'), { exclude = 'x', exclude_me = 5 })
        assert.equal('onError', box:names())
        assert.same({ code = 4, description = 'Invalid parameter(s) specified!' }, client:getOpStatus())
        client:publish 't'
        p:expect '[16,1,{},"t"]'
    end)

    it('R01 R04 R05 R06 R07 R08 R09 calls', function()
        join()
        client:call('t', nil, box:on 'one', { disclose_me = false, exclude_me = true })
        p:expect '[48,1,{"disclose_me":false},"t"]'
        client:call('t', nil, print, { receive_progress = true })
        p:expect '[48,2,{"receive_progress":true},"t"]'
        client:call('t', nil, print, { timeout = 1500 })
        p:expect '[48,3,{"timeout":1500},"t"]'
        client:call('t', nil, print, { timeout = 1500.5 })
        p:expect '[48,4,{"timeout":1500.5},"t"]'
        client:call('t', nil, print, 'x')
        p:expect '[48,5,{},"t"]'
        p:say '[50,99,{},[1]]'
        p:say '[50,1,{"progress":true},[1]]'
        local n = select('#', p.box:expect 'one')
        assert.equal(2, n)
        p:say '[50,1,{},[],{"k":1}]'
        local list, dict = box:expect 'one'
        assert.same({}, list)
        assert.same({ k = 1 }, dict)
        p:say '[50,1,{},[2]]'
        client:call('t', nil, box:on 'two')
        p:heard()
        p:say '[50,6]'
        assert.same({ n = 2 }, (function(...) return { n = select('#', ...), ... } end)(box:expect 'two'))
        client:call('t', nil, box:callbacks('onSuccess', 'onError'))
        p:heard()
        assert.same({ error = 'e.u', details = {}, argsList = { 1 }, argsDict = { k = 2 } },
            p:told('onError', '[8,48,7,{},"e.u",[1],{"k":2}]'))
        client:call('t', nil, print)
        p:heard()
        p:say '[8,48,8,{},"e.u"]'
        client:call('t', nil, box:callbacks('onSuccess', 'onError'))
        p:heard()
        assert.same({ error = 'e.u', details = {} }, p:told('onError', '[8,48,9,{},"e.u"]'))
    end)

    it('Z06 options that cannot be encoded raise an error, and nothing is sent', function()
        join()
        for _, number in ipairs { 0 / 0, 1 / 0, -1 / 0 } do
            local ok, message = pcall(function() client:call('t', nil, print, { timeout = number }) end)
            assert.is_false(ok)
            assert.matches('wire_spec.lua:%d+: options.timeout: NaN and infinity', message)
            ok, message = pcall(function() client:publish('t', nil, nil, { exclude = { 1, number } }) end)
            assert.is_false(ok)
            assert.matches('wire_spec.lua:%d+: options.exclude%[2%]: NaN and infinity', message)
        end
        client:publish 't'
        p:expect '[16,1,{},"t"]'
        assert.equal(1, client:getOpStatus().reqId)
    end)

    it('R20 R21 R22 R24 cancel', function()
        join()
        client:call('t', nil, box:callbacks('onSuccess', 'onError'))
        p:heard()
        client:publish 'u'
        p:heard()
        for _, unknown in ipairs { 2, '1', 99, true, {}, 1.5, 0 / 0 } do
            client:cancel(unknown)
            assert.same({ code = 20, description = 'No RPC calls in action with specified request ID!' },
                client:getOpStatus())
        end
        client:cancel(nil, box:on 'called')
        assert.equal(20, p:code())
        for _, wrong in ipairs { {}, { mode = 'Kill' }, { mode = 5 }, { mode = false } } do
            client:cancel(1, box:on 'called', wrong)
            assert.equal(4, p:code())
        end
        client:cancel(1)
        p:expect '[49,1,{}]'
        client:cancel(1, nil, 'kill')
        p:expect '[49,1,{}]'
        for _, mode in ipairs { 'skip', 'kill', 'killnowait' } do
            client:cancel(1, { onSuccess = function()
                assert.same({ code = 0, description = 'Success!', reqId = 1 }, client:getOpStatus())
                box:on 'canceled' ()
            end }, { mode = mode })
            p:expect(('[49,1,{"mode":"%s"}]'):format(mode))
            assert.equal('canceled', box:names())
            box:expect 'canceled'
        end
        assert.equal('wamp.error.canceled', p:told('onError', '[8,48,1,{},"wamp.error.canceled"]').error)
        client:cancel(1)
        assert.equal(20, p:code())
        p:silent()
    end)

    it('G01 G02 G04 G06 G07 G08 G09 register', function()
        join()
        client:register('r', print)
        p:expect '[64,1,{},"r"]'
        client:register('r', { rpc = print })
        p:expect '[64,2,{},"r"]'
        p:say '[8,64,1,{},"e.u"]'
        p:say '[8,64,2,{},"e.u"]'
        client:register('r', { rpc = print, onSuccess = box:on 'onSuccess' })
        p:expect '[64,3,{},"r"]'
        p:say '[65,3,77]'
        assert.equal(0, select('#', box:expect 'onSuccess'))
        client:register('r', { rpc = print, onError = box:on 'onError' })
        assert.same({ error = 'RPC already registered!' }, box:expect 'onError')
        client:unregister('r', box:on 'gone')
        p:expect '[66,4,77]'
        client:register('r', print)
        assert.equal(15, p:code())
        p:say '[67,4]'
        assert.equal(0, select('#', box:expect 'gone'))
        for _, match in ipairs { 'prefix', 'wildcard' } do
            client:register('p', print, { match = match, foo = 1 })
            assert.equal(('{"match":"%s"}'):format(match), p:heard():match '^%[64,%d+,(.*),"p"%]$')
        end
        for _, invoke in ipairs { 'single', 'roundrobin', 'random', 'first', 'last' } do
            client:register('p', print, { invoke = invoke })
            assert.equal(('{"invoke":"%s"}'):format(invoke), p:heard():match '^%[64,%d+,(.*),"p"%]$')
        end
        client:register('p', print, 'text')
        assert.equal('{}', p:heard():match '^%[64,%d+,(.*),"p"%]$')
        for _, name in ipairs { 'match', 'invoke' } do
            for _, wrong in ipairs { 'exact', 'Prefix', false, 5, {} } do
                client:register(nil, print, { [name] = wrong })
                assert.equal(4, p:code())
            end
        end
        client:register('x', { rpc = print, onError = box:on 'onError' })
        local id = client:getOpStatus().reqId
        p:heard()
        assert.same({ error = 'e.u', details = { d = 1 }, argsList = { 1 } },
            p:told('onError', ('[8,64,%d,{"d":1},"e.u",[1]]'):format(id)))
        p:silent()
    end)

    it('G07 two registrations of one procedure both serve', function()
        join()
        client:register('r', { rpc = function() return { argsList = { 'one' } } end, onSuccess = box:on 'done' })
        client:register('r', { rpc = function() return { argsList = { 'two' } } end, onSuccess = box:on 'done' })
        p:heard()
        p:heard()
        p:told('done', '[65,1,71]')
        p:told('done', '[65,2,72]')
        p:say '[68,1,71,{}]'
        p:say '[68,2,72,{}]'
        p:say '[36,1,1,{}]'
        client:publish('x', nil, box:callbacks 'onSuccess')
        p:heard()
        p:told('onSuccess', '[17,3,1]')
        assert.same({ '[70,1,{},["one"]]', '[70,2,{},["two"]]' }, { p:heard(), p:heard() })
        client:unregister('r')
        p:expect '[66,4,72]'
    end)

    it('B01 B02 B03 B07 B10 B11 subscribe', function()
        join()
        local one, two = box:on 'one', box:on 'two'
        client:subscribe('t', { onEvent = one, onSuccess = box:on 'subscribed' })
        p:expect '[32,1,{},"t"]'
        assert.equal(1, client:getOpStatus().reqId)
        p:say '[33,1,55]'
        assert.equal(0, select('#', box:expect 'subscribed'))
        for _, callbacks in ipairs { two, { onEvent = one, onSuccess = box:on 'again' } } do
            client:subscribe('t', callbacks)
            assert.same({ code = 0, description = 'Success!' }, client:getOpStatus())
        end
        box:expect 'again'
        assert.same({ details = {}, argsList = { 1 } }, p:told('one', '[36,55,1,{},[1]]'))
        box:expect 'two'
        assert.equal('', box:names())
        client:unsubscribe('t')
        p:expect '[34,2,55]'
        client:subscribe('t', one)
        p:expect '[32,3,{},"t"]'
        for _, match in ipairs { 'prefix', 'wildcard' } do
            client:subscribe('p', one, { match = match, foo = 1 })
            assert.equal(('{"match":"%s"}'):format(match), p:heard():match '^%[32,%d+,(.*),"p"%]$')
        end
        for _, match in ipairs { 'exact', 'Prefix', false, 5, {} } do
            client:subscribe('p', one, { match = match, foo = 1 })
            assert.equal('{}', p:heard():match '^%[32,%d+,(.*),"p"%]$')
        end
        client:subscribe('e', { onEvent = one, onError = box:on 'onError' })
        local id = client:getOpStatus().reqId
        p:heard()
        assert.same({ error = 'e.u', details = {}, argsList = { 1 } },
            p:told('onError', ('[8,32,%d,{},"e.u",[1]]'):format(id)))
        client:subscribe('e', one)
        p:heard()
        p:say(('[8,32,%d,{},"e.u"]'):format(id + 1))
        p:silent()
        assert.equal('', box:names())
    end)

    it('B04 B05 B06 Q15 callbacks of the wrong shape', function()
        join()
        for _, callbacks in ipairs { false, 5, 'x', true, {}, { onEvent = 'x' }, { onSuccess = print } } do
            client:subscribe('t', callbacks or nil)
            assert.same({ code = 3, description = 'No required callback function specified!' }, client:getOpStatus())
            client:call('t', nil, callbacks and type(callbacks) ~= 'table' and callbacks or nil)
            assert.equal(3, p:code())
            client:register('t', callbacks or nil)
            assert.equal(3, p:code())
        end
        client:subscribe('t', box:callbacks 'onError')
        assert.same({ error = 'No required callback function specified!' }, box:expect 'onError')
        p:silent()
    end)

    local function subscribed(...)
        client:subscribe('t', ...)
        local id = p:heard():match '^%[32,(%d+),'
        p:say(('[33,%s,55]'):format(id))
        client:publish('sync', nil, box:callbacks 'onSuccess')
        p:told('onSuccess', ('[17,%s,1]'):format(p:heard():match '^%[16,(%d+),'))
    end

    it('B20 to B29 unsubscribe', function()
        join()
        local one, two = box:on 'one', box:on 'two'
        for _, unknown in ipairs { 't', '', 'a b', 5 } do
            client:unsubscribe(unknown, box:callbacks 'onError')
            assert.same({ error = 'Trying to unsubscribe from non existent subscription!' }, box:expect 'onError')
            client:unsubscribe(unknown, 'text')
            assert.same({ code = 7, description = 'Trying to unsubscribe from non existent subscription!' },
                client:getOpStatus())
        end
        client:unsubscribe()
        client:unsubscribe({})
        assert.equal(7, p:code())
        subscribed(one)
        client:subscribe('t', two)
        client:unsubscribe('t', { onEvent = print, onSuccess = box:on 'never' })
        client:unsubscribe('t', { onEvent = one, onSuccess = box:on 'never' })
        assert.equal(0, p:code())
        p:say '[36,55,1,{},[1]]'
        box:expect 'two'
        client:unsubscribe('t', two)
        assert.same({ code = 0, description = 'Success!', reqId = 3 }, client:getOpStatus())
        p:expect '[34,3,55]'
        client:unsubscribe('t', box:callbacks('onSuccess', 'onError'))
        p:expect '[34,4,55]'
        p:say '[35,3]'
        assert.equal('wamp.error.no_such_subscription',
            p:told('onError', '[8,34,4,{},"wamp.error.no_such_subscription"]').error)
        client:unsubscribe('t')
        assert.equal(7, p:code())
    end)

    it('B26 B29 all callbacks dropped by a table without onEvent, or a string', function()
        join()
        for _, callbacks in ipairs { {}, { onSuccess = box:on 'onSuccess' }, 'text' } do
            subscribed(box:on 'one')
            client:subscribe('t', box:on 'two')
            client:unsubscribe('t', callbacks)
            local id = p:heard():match '^%[34,(%d+),55%]$'
            p:say '[36,55,1,{}]'
            p:say(('[35,%s]'):format(id))
            if callbacks.onSuccess then assert.equal(0, select('#', box:expect 'onSuccess')) end
            client:publish('sync', nil, box:callbacks 'onSuccess')
            p:told('onSuccess', ('[17,%s,1]'):format(p:heard():match '^%[16,(%d+),'))
        end
        assert.equal('', box:names())
    end)

    it('B27 a number raises an error at the line of the caller', function()
        join()
        subscribed(print)
        local ok, message = pcall(function() client:unsubscribe('t', 5) end)
        assert.is_false(ok)
        assert.matches('^[^\n]*wire_spec.lua:%d+: ', message)
        p:silent()
    end)

    it('a match of the wrong type for unsubscribe is ignored as by subscribe', function()
        join()
        subscribed(print)
        for _, match in ipairs { true, {}, 5, 'x' } do
            client:unsubscribe('t', nil, { match = match })
            assert.equal(0, p:code())
            p:heard()
        end
    end)

    it('G20 G21 G22 G23 unregister', function()
        join()
        client:unregister('r', box:callbacks 'onError')
        assert.same({ error = 'Received rpc unregistration confirmation for non existent rpc!' }, box:expect 'onError')
        client:unregister('r', box:on 'never')
        client:unregister('r')
        assert.equal(17, p:code())
        client:register('r', { rpc = print, onSuccess = box:on 'registered' })
        p:heard()
        p:told('registered', '[65,1,77]')
        client:unregister('r')
        p:expect '[66,2,77]'
        client:unregister('r', box:callbacks('onSuccess', 'onError'))
        local second = p:heard()
        assert.equal('[66,3,77]', second)
        p:say '[67,2]'
        p:told('onSuccess', '[67,3]')
        p:silent()
    end)

    it('C01 C07 roles that the router lacks', function()
        join(nil, '[2,1,{"roles":{}}]')
        for _, method in ipairs { 'subscribe', 'unsubscribe', 'publish' } do
            local callbacks = box:callbacks 'onError'
            local args = method == 'publish' and { nil, callbacks } or { callbacks }
            client[method](client, 't', args[1], args[2])
            assert.same({ code = 2, description = "Server doesn't provide broker role!" }, client:getOpStatus())
            assert.same({ error = "Server doesn't provide broker role!" }, box:expect 'onError')
        end
        for _, method in ipairs { 'call', 'cancel', 'register', 'unregister' } do
            local callbacks = box:callbacks 'onError'
            local args = method == 'call' and { nil, callbacks } or { callbacks }
            client[method](client, 't', args[1], args[2])
            assert.same({ code = 12, description = "Server doesn't provide dealer role!" }, client:getOpStatus())
            assert.same({ error = "Server doesn't provide dealer role!" }, box:expect 'onError')
        end
        client:publish('a b', nil, box:on 'never')
        assert.equal(1, p:code())
        client:call('a b', nil, box:callbacks 'onError')
        assert.same({ error = "Topic URI doesn't meet requirements!" }, box:expect 'onError')
        assert.equal('', box:names())
    end)

    -- What is printed while `run` runs, each call of print as its arguments.
    local function printed(run)
        local original, result = print, {}
        _G.print = function(...) result[#result + 1] = { ... } end
        local ok, message = pcall(run)
        _G.print = original
        assert(ok, message)
        return result
    end

    it('debug = true prints methods and what comes, with one print for each', function()
        join()
        local lines = printed(function()
            client:options { debug = true }
            client:publish('t', { 1 }, box:callbacks 'onSuccess')
            p:heard()
            p:told('onSuccess', '[17,1,5]')
            client:publish('t', { [true] = 1 })
        end)
        assert.same({
            { '[DEBUG] (string) "publish"\n[DEBUG] (string) "t"\n[DEBUG] (table) \n » [1] = (number) 1\n'
                .. '[DEBUG] nil\n' },
            { '[DEBUG] (string) "ACKNOWLEDGED"\n[DEBUG] (number) 1\n[DEBUG] (number) 5\n' },
        }, { lines[1], lines[2] })
        assert.matches('^%[DEBUG%] %(string%) "publish"\n', lines[3][1])
        assert.same({}, printed(function()
            client:options { debug = 'yes' }
            client:publish 't'
        end))
    end)

    it('debug = true is no reason to fail', function()
        join()
        local untold = setmetatable({ [true] = 1, error = 'e.u' }, { __tostring = function() error 'untold' end })
        client:register('r', { rpc = function() error(untold) end, onSuccess = box:on 'done' })
        p:heard()
        p:told('done', '[65,1,71]')
        local lines = printed(function()
            client:options { debug = true }
            p:say '[68,1,71,{}]'
            client:poll(20)
        end)
        p:expect '[8,68,1,{},"e.u"]'
        assert.matches('^%[DEBUG%] %(string%) "rpc raised"\n%[DEBUG%] %(table%)', lines[#lines][1])
    end)
end)
