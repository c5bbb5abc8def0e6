--- What payloads, results and errors look like on the wire: every row of the tables of 0.4.1.

local core = require 'loowy_core'
local session = require 'spec.support.session'
local values = require 'spec.support.values'

local hex, marked = values.hex, values.marked
local null = require 'loowy.null'

-- What is written in JSON, and in MessagePack where it is not simply the same in that format.
local PUBLISHED = {
    { 'nil', nil, '' },
    { 'false', false, ',[false]', '91c2' },
    { 'true', true, ',[true]', '91c3' },
    { '0', 0, ',[0]', '9100' },
    { '1.5', 1.5, ',[1.5]', '91cb3ff8000000000000' },
    { '""', '', ',[""]', '91a0' },
    { '"s"', 's', ',["s"]', '91a173' },
    { '{}', {}, ',[],{}', '9080' },
    { '{1,2}', { 1, 2 }, ',[1,2]', '920102' },
    { '{false}', { false }, ',[false]', '91c2' },
    { '{{}}', { {} }, ',[{}]', '9190' },
    { '{nil,2}', { nil, 2 }, ',[],[null,2]', '90810202' },
    { '{a=1}', { a = 1 }, ',[],{"a":1}', '9081a16101' },
    { '{1,a=2}', { 1, a = 2 }, ',[1]', '9101' },
    { '{argsList={}}', { argsList = {} }, '', '' },
    { '{argsList={nil,2}}', { argsList = { nil, 2 } }, '', '' },
    { '{argsList={a=1}}', { argsList = { a = 1 } }, '', '' },
    { '{argsList={1}}', { argsList = { 1 } }, ',[1]', '9101' },
    { '{argsList=7}', { argsList = 7 }, ',[7]', '9107' },
    { '{argsList="s"}', { argsList = 's' }, ',["s"]', '91a173' },
    { '{argsList=true}', { argsList = true }, ',[true]', '91c3' },
    { '{argsList=false}', { argsList = false }, ',[],{"argsList":false}', '9081a8617267734c697374c2' },
    { '{argsDict={}}', { argsDict = {} }, ',[],{}', '9080' },
    { '{argsDict={a=1}}', { argsDict = { a = 1 } }, ',[],{"a":1}', '9081a16101' },
    { '{argsDict=false}', { argsDict = false }, ',[],{"argsDict":false}', '9081a86172677344696374c2' },
    { '{argsDict=5}', { argsDict = 5 }, ',[],5', '9005' },
    { '{argsDict={1,2}}', { argsDict = { 1, 2 } }, ',[],[1,2]', '90920102' },
    { '{argsList={},argsDict={a=1}}', { argsList = {}, argsDict = { a = 1 } }, ',[],{"a":1}', '9081a16101' },
    { '{argsList={1},argsDict={}}', { argsList = { 1 }, argsDict = {} }, ',[1],{}', '910180' },
    { '{argsList={1},argsDict={a=1}}', { argsList = { 1 }, argsDict = { a = 1 } }, ',[1],{"a":1}', '910181a16101' },
    { '{argsList=5,argsDict={a=1}}', { argsList = 5, argsDict = { a = 1 } }, ',[5],{"a":1}', '910581a16101' },
    { '{argsList=false,argsDict={a=1}}', { argsList = false, argsDict = { a = 1 } }, ',[false],{"a":1}',
        '91c281a16101' },
    { '{argsList={1},x=9}', { argsList = { 1 }, x = 9 }, ',[1]', '9101' },
    { '{1,argsList={9}}', { 1, argsList = { 9 } }, ',[1]', '9101' },
    { 'an empty table marked array', marked('array', {}), ',[],[]', '9090' },
    { 'an empty table marked object', marked('object', {}), ',[],{}', '9080' },
    { '{argsDict=<marked object>}', { argsDict = marked('object', {}) }, ',[],{}', '9080' },
    { '{[0]=1}', { [0] = 1 }, ',[],{}', '90810001' },
    { '{[2]=1}', { [2] = 1 }, ',[],{}', '90810201' },
    { '{["1"]="a"}', { ['1'] = 'a' }, ',[],{"1":"a"}', '9081a131a161' },
    { 'null', null, ',[null]', '91c0' },
    { '{null}', { null }, ',[null]', '91c0' },
    { '{a=null}', { a = null }, ',[],{"a":null}', '9081a161c0' },
    { '{argsList=null}', { argsList = null }, ',[null]', '91c0' },
    { '{argsDict=null}', { argsDict = null }, ',[],null', '90c0' },
    { '{1,2} marked object', marked('object', { 1, 2 }), ',[1,2]', '920102' },
}

local REFUSED = {
    { 'a function', print, 'argsList: function cannot be encoded' },
    { 'a function in a list', { 1, print }, 'argsList[2]: function cannot be encoded' },
    { 'a function in a dictionary', { a = { print } }, 'argsDict.a[1]: function cannot be encoded' },
    { 'a thread in argsDict', { argsDict = { sensor = { 1, 2, coroutine.create(function() end) } } },
        'argsDict.sensor[3]: thread cannot be encoded' },
    { 'a userdata in argsList', { argsList = { { k = io.stdout } } }, 'argsList[1].k: userdata cannot be encoded' },
    { 'a single userdata', { argsList = io.stdout }, 'argsList: userdata cannot be encoded' },
}

local RETURNED = {
    { 'nothing', nil, '{}', '80' },
    { 'a number', 5, '{}', '80' },
    { 'a string', 's', '{}', '80' },
    { 'a boolean', true, '{}', '80' },
    { 'null', null, '{}', '80' },
    { '{}', {}, '{}', '80' },
    { '{1,2}', { 1, 2 }, '{}', '80' },
    { '{a=1}', { a = 1 }, '{}', '80' },
    { '{argsList={1,2}}', { argsList = { 1, 2 } }, '{},[1,2]', '80920102' },
    { '{argsList={}}', { argsList = {} }, '{},[]', '8090' },
    { '{argsList={nil,2}}', { argsList = { nil, 2 } }, '{},[]', '8090' },
    { '{argsList={a=1}}', { argsList = { a = 1 } }, '{},[]', '8090' },
    { '{argsList=5}', { argsList = 5 }, '{},[5]', '809105' },
    { '{argsList=false}', { argsList = false }, '{},[false]', '8091c2' },
    { '{argsDict={}}', { argsDict = {} }, '{},[],{}', '809080' },
    { '{argsDict={a=1}}', { argsDict = { a = 1 } }, '{},[],{"a":1}', '809081a16101' },
    { '{argsDict=5}', { argsDict = 5 }, '{},[],5', '809005' },
    { '{argsDict={1,2}}', { argsDict = { 1, 2 } }, '{},[],[1,2]', '8090920102' },
    { '{argsDict=false}', { argsDict = false }, '{}', '80' },
    { '{argsList={1},argsDict={a=1}}', { argsList = { 1 }, argsDict = { a = 1 } }, '{},[1],{"a":1}', '80910181a16101' },
    { '{argsList={},argsDict={a=1}}', { argsList = {}, argsDict = { a = 1 } }, '{},[],{"a":1}', '809081a16101' },
    { '{options={progress=true},argsList={1}}', { options = { progress = true }, argsList = { 1 } },
        '{"progress":true},[1]', '81a870726f6772657373c39101' },
    { '{options=5,argsList={1}}', { options = 5, argsList = { 1 } }, '{},[1]', '809101' },
}

local EXCEPTION = '{},"wamp.error.invocation_exception"'

local RAISED = {
    { 'a text', 'file.lua:1: text', EXCEPTION },
    { 'nothing', nil, EXCEPTION },
    { 'a number', 5, EXCEPTION },
    { '{}', {}, EXCEPTION },
    { '{error="my.err"}', { error = 'my.err' }, '{},"my.err"' },
    { '{uri="my.err"}', { uri = 'my.err' }, '{},"my.err"' },
    { '{error="my.err",uri="other"}', { error = 'my.err', uri = 'other' }, '{},"my.err"' },
    { 'details', { error = 'e', details = { d = 1 } }, '{"d":1},"e"' },
    { 'argsList={1}', { error = 'e', argsList = { 1 } }, '{},"e",[1]' },
    { 'argsList={}', { error = 'e', argsList = {} }, '{},"e",[]' },
    { 'argsList={a=1}', { error = 'e', argsList = { a = 1 } }, '{},"e",[]' },
    { 'argsList=5', { error = 'e', argsList = 5 }, '{},"e",[5]' },
    { 'argsDict={k=1}', { error = 'e', argsDict = { k = 1 } }, '{},"e",[],{"k":1}' },
    { 'all', { error = 'my.err', details = { d = 1 }, argsList = { 'm' }, argsDict = { k = 1 } },
        '{"d":1},"my.err",["m"],{"k":1}' },
    { 'arguments without a URI', { argsList = { 1 } }, EXCEPTION .. ',[1]' },
}

describe('payloads in JSON (§4.8)', function()
    local s

    setup(function() s = session.open 'json' end)
    teardown(function() s:close() end)

    for _, row in ipairs(PUBLISHED) do
        it('publish ' .. row[1], function()
            local request = assert(s.client:publish('a.b', row[2]))
            assert.equal(('[16,%d,{},"a.b"%s]'):format(request, row[3]), s:heard())
        end)

        it('call ' .. row[1], function()
            local request = assert(s.client:call('x.y', row[2], { receive_progress = true }))
            assert.equal(('[48,%d,{"receive_progress":true},"x.y"%s]'):format(request, row[3]), s:heard())
        end)
    end

    for _, row in ipairs(REFUSED) do
        it('refuses ' .. row[1] .. ', and uses up nothing', function()
            local before = assert(s.client:publish('a.b'))
            s:heard()
            local request, message = s.client:publish('a.b', row[2])
            assert.is_nil(request)
            assert.equal(row[3], message)
            assert.equal(before + 1, s.client:publish 'a.b')
            s:heard()
        end)
    end

    it('refuses NaN and infinities', function()
        assert.same({ nil, 'argsList[1]: NaN and infinity cannot be written in JSON' },
            { s.client:publish('a.b', { 0 / 0 }) })
        assert.same({ nil, 'argsDict.a: NaN and infinity cannot be written in JSON' },
            { s.client:call('a.b', { a = math.huge }) })
    end)

    it('sends strings that are no text as binary data (Q44)', function()
        local request = assert(s.client:publish('a.b', { '\255\254' }))
        assert.equal(('[16,%d,{},"a.b",["\\u0000//4="]]'):format(request), s:heard())
    end)

    it('writes list-valued options as lists (Q30)', function()
        local request = assert(s.client:publish('a.b', nil, { exclude = {} }))
        assert.equal(('[16,%d,{"exclude":[]},"a.b"]'):format(request), s:heard())
        request = assert(s.client:publish('a.b', nil, { eligible_authrole = { 'x' } }))
        assert.equal(('[16,%d,{"eligible_authrole":["x"]},"a.b"]'):format(request), s:heard())
    end)

    it('refuses options that cannot be encoded, by their path', function()
        assert.same({ nil, 'options.exclude[1]: function cannot be encoded' },
            { s.client:publish('a.b', nil, { exclude = { print } }) })
        assert.same({ nil, 'options.x[1]: function cannot be encoded' },
            { s.client:subscribe(1, 'a.b', { x = { print } }) })
    end)
end)

describe('payloads in MessagePack (§4.8)', function()
    local s

    setup(function() s = session.open 'msgpack' end)
    teardown(function() s:close() end)

    for _, row in ipairs(PUBLISHED) do
        it('publish ' .. row[1], function()
            local request = assert(s.client:publish('a.b', row[2]))
            local frame = s:heard()
            local head = hex(core.encode('msgpack', request)) .. '80a3612e62'
            assert.equal('10' .. head .. (row[4] or ''), hex(frame):sub(3))
        end)
    end

    it('sends NaN and binary data', function()
        assert(s.client:publish('a.b', { '\255', math.huge }))
        assert.matches('92c401ffcb7ff0000000000000$', hex(s:heard()))
    end)
end)

describe('results (§6.3)', function()
    for _, format in ipairs { 'json', 'msgpack' } do
        describe('in ' .. format, function()
            local s
            local invocation = 0

            setup(function() s = session.callee(format) end)
            teardown(function() s:close() end)

            for _, row in ipairs(RETURNED) do
                it(row[1], function()
                    invocation = invocation + 1
                    local notice = s:invoke(invocation)
                    assert.equal('INVOCATION', notice[1])
                    assert.equal(7, notice[2])
                    assert.is_true(s.client:yield(notice[3], row[2]))
                    local frame = s:heard()
                    if format == 'json' then
                        assert.equal(('[70,%d,%s]'):format(invocation, row[3]), frame)
                    else
                        assert.equal('46' .. hex(core.encode('msgpack', invocation)) .. row[4], hex(frame):sub(3))
                    end
                end)
            end
        end)
    end

    describe('', function()
        local s

        before_each(function() s = session.callee 'json' end)
        after_each(function() s:close() end)

        it('the received data table itself', function()
            local notice = s:invoke(1, { 1, 'a' }, { k = {} })
            assert.is_true(s.client:yield(notice[3], { argsList = notice[5], argsDict = notice[6] }))
            assert.equal('[70,1,{},[1,"a"],{"k":{}}]', s:heard())
            notice = s:invoke(2)
            assert.is_nil(notice[5])
            assert.is_true(s.client:yield(notice[3], { argsList = notice[5], argsDict = notice[6] }))
            assert.equal('[70,2,{}]', s:heard())
        end)

        it('what cannot be encoded is refused by its path, and can be answered otherwise', function()
            local notice = s:invoke(1)
            assert.same({ nil, 'argsList[1]: function cannot be encoded' },
                { s.client:yield(notice[3], { argsList = { print } }) })
            assert.same({ nil, 'options.f: function cannot be encoded' },
                { s.client:yield(notice[3], { options = { f = print } }) })
            assert.same({ nil, 'argsDict.a: function cannot be encoded' },
                { s.client:fail(notice[3], { argsDict = { a = print } }) })
            assert.is_true(s.client:fail(notice[3], 'text'))
            assert.equal('[8,68,1,{},"wamp.error.invocation_exception"]', s:heard())
        end)

        it('an answer to an unknown invocation is dropped', function()
            assert.is_true(s.client:yield(99, nil))
            assert.is_true(s.client:fail(99, nil))
            assert(s.client:publish 'a.b')
            assert.matches('^%[16,', s:heard())
        end)
    end)
end)

describe('errors (§6.3)', function()
    local s
    local invocation = 0

    setup(function() s = session.callee 'json' end)
    teardown(function() s:close() end)

    for _, row in ipairs(RAISED) do
        it('error ' .. row[1], function()
            invocation = invocation + 1
            local notice = s:invoke(invocation)
            assert.is_true(s.client:fail(notice[3], row[2]))
            assert.equal(('[8,68,%d,%s]'):format(invocation, row[3]), s:heard())
        end)
    end
end)
