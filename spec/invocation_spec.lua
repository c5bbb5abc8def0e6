--- How an invocation is answered: every kind of value that a procedure may return or raise, in both formats, and what
-- the caller makes of it.

local callbacks = require 'spec.support.callbacks'
local null = require 'loowy.null'
local played = require 'spec.support.played'

local function raising(value)
    return function() error(value, 0) end
end

-- The row, what the procedure returns, and what follows `[70,N,`.
local RETURNED = {
    { '§6.3.1', 'nothing', nil, '{}' },
    { '§6.3.1', 'a number', 5, '{}' },
    { '§6.3.1', 'a string', 'text', '{}' },
    { '§6.3.1', 'a boolean', true, '{}' },
    { '§6.3.1', 'null', null, '{}' },
    { '§6.3.2', '{}', {}, '{}' },
    { '§6.3.2', '{1,2}', { 1, 2 }, '{}' },
    { '§6.3.2', '{a=1}', { a = 1 }, '{}' },
    { '§6.3.3', '{argsList={1,2}}', { argsList = { 1, 2 } }, '{},[1,2]' },
    { '§6.3.4', '{argsList={}}', { argsList = {} }, '{},[]' },
    { '§6.3.4', '{argsList={nil,2}}', { argsList = { nil, 2 } }, '{},[]' },
    { '§6.3.4', '{argsList={a=1}}', { argsList = { a = 1 } }, '{},[]' },
    { '§6.3.5', '{argsList=5}', { argsList = 5 }, '{},[5]' },
    { '§6.3.5', '{argsList=false}', { argsList = false }, '{},[false]' },
    { '§6.3.6', '{argsDict={}}', { argsDict = {} }, '{},[],{}' },
    { '§6.3.6', '{argsDict={a=1}}', { argsDict = { a = 1 } }, '{},[],{"a":1}' },
    { '§6.3.7', '{argsDict=5}', { argsDict = 5 }, '{},[],5' },
    { '§6.3.7', '{argsDict={1,2}}', { argsDict = { 1, 2 } }, '{},[],[1,2]' },
    { '§6.3.8', '{argsDict=false}', { argsDict = false }, '{}' },
    { '§6.3.9', '{argsList={1},argsDict={a=1}}', { argsList = { 1 }, argsDict = { a = 1 } }, '{},[1],{"a":1}' },
    { '§6.3.10', '{argsList={},argsDict={a=1}}', { argsList = {}, argsDict = { a = 1 } }, '{},[],{"a":1}' },
    { '§6.3.11', 'options', { options = { progress = true }, argsList = { 1 } }, '{"progress":true},[1]' },
    { '§6.3.11', 'options that are no table', { options = 5, argsList = { 1 } }, '{},[1]' },
}

local EXCEPTION = '{},"wamp.error.invocation_exception"'

-- The row, how the procedure raises, and what follows `[8,68,N,`.
local RAISED = {
    { '§6.3.14', 'a text', function() error 'text' end, EXCEPTION },
    { '§6.3.14', 'a text of another level', function() error('text', 2) end, EXCEPTION },
    { '§6.3.14', 'nothing', function() error() end, EXCEPTION },
    { '§6.3.14', 'a number', raising(5), EXCEPTION },
    { '§6.3.14', 'an error of Lua', function() return nil + 1 end, EXCEPTION },
    { '§6.3.14', '{}', raising {}, EXCEPTION },
    { '§6.3.15', '{error="my.err"}', raising { error = 'my.err' }, '{},"my.err"' },
    { '§6.3.15', 'what is no URI', raising { error = 'no URI!' }, '{},"no URI!"' },
    { '§6.3.16', '{uri="my.err"}', raising { uri = 'my.err' }, '{},"my.err"' },
    { '§6.3.16', 'error and uri', raising { error = 'my.err', uri = 'other' }, '{},"my.err"' },
    { '§6.3.17', 'details', raising { error = 'e', details = { d = 1 } }, '{"d":1},"e"' },
    { '§6.3.17', 'argsList={1}', raising { error = 'e', argsList = { 1 } }, '{},"e",[1]' },
    { '§6.3.17', 'argsList={}', raising { error = 'e', argsList = {} }, '{},"e",[]' },
    { '§6.3.17', 'argsList={a=1}', raising { error = 'e', argsList = { a = 1 } }, '{},"e",[]' },
    { '§6.3.17', 'argsList=5', raising { error = 'e', argsList = 5 }, '{},"e",[5]' },
    { '§6.3.17', 'argsDict={k=1}', raising { error = 'e', argsDict = { k = 1 } }, '{},"e",[],{"k":1}' },
    { '§6.3.17', 'argsDict=true', raising { error = 'e', argsDict = true }, '{},"e",[],true' },
    { '§6.3.17', 'argsDict=false', raising { error = 'e', argsDict = false }, '{},"e"' },
    { '§6.3.17', 'both', raising { error = 'e', argsList = { 1 }, argsDict = { k = 1 } }, '{},"e",[1],{"k":1}' },
    { '§6.3.17', 'arguments without a URI', raising { argsList = { 1 } }, EXCEPTION .. ',[1]' },
    { '§6.3.18', 'all', raising { error = 'my.err', details = { d = 1 }, argsList = { 'm' }, argsDict = { k = 1 } },
        '{"d":1},"my.err",["m"],{"k":1}' },
    { '§6.3.19', 'details that are a list', raising { error = 'e', details = { 1, 2 } }, '{},"e"' },
    { '§6.3.19', 'details that are no table', raising { error = 'e', details = 'text' }, '{},"e"' },
    { '§6.3.19', 'an error that is a number', raising { error = 5 }, EXCEPTION },
    { '§6.3.19', 'an error that is a table', raising { error = { 'x' }, argsList = { 1 } }, EXCEPTION .. ',[1]' },
    { '§6.3.19', 'an error that is true', raising { error = true }, EXCEPTION },
}

for _, format in ipairs(played.FORMATS) do
    describe('an invocation over ' .. format, function()
        local s, procedure
        local invocation = 0

        setup(function()
            s = played.joined { transportEncoding = format }
            s.client:register('a.b', { rpc = function(...) return procedure(...) end, onSuccess = s.box:on 'done' })
            s:heard()
            s:told('done', '[65,1,7]')
        end)

        teardown(played.close)

        -- Runs `answer` as the procedure, given that tail of INVOCATION.
        local function invoke(answer, tail)
            invocation = invocation + 1
            procedure = answer
            s:say(('[68,%d,7,{}%s]'):format(invocation, tail or ''))
            s.client:poll(20)
            return invocation
        end

        for _, row in ipairs(RETURNED) do
            it(('%s that returns %s is answered with %s'):format(row[1], row[2], row[4]), function()
                local number = invoke(function() return row[3], { argsList = { 'second' } } end)
                s:expect(('[70,%d,%s]'):format(number, row[4]))
            end)
        end

        for _, row in ipairs(RAISED) do
            it(('%s that raises %s is answered with %s'):format(row[1], row[2], row[4]), function()
                s:expect(('[8,68,%d,%s]'):format(invoke(row[3]), row[4]))
            end)
        end

        it('§6.3.12 that returns what it received echoes it; nothing echoes as nothing', function()
            local function echo(data) return { argsList = data.argsList, argsDict = data.argsDict } end
            for tail, expected in pairs { [''] = '{}', [',[1,"a",[]]'] = '{},[1,"a",[]]', [',[]'] = '{},[]',
                [',[],{"k":{}}'] = '{},[],{"k":{}}', [',[[1]],{"k":1}'] = '{},[[1]],{"k":1}' } do
                s:expect(('[70,%d,%s]'):format(invoke(echo, tail), expected))
            end
            s:expect(('[70,%d,{},[1]]'):format(invoke(function(data) return data end, ',[1]')))
        end)

        it('§6.3.13 that returns what cannot be encoded is reported, and answered with an error', function()
            local unspeakable = {
                ['argsList%[1%]: function'] = { argsList = { print } },
                ['argsDict.k: thread'] = { argsDict = { k = coroutine.create(function() end) } },
                ['options.o: userdata'] = { options = { o = io.stdout } },
            }
            for place, value in pairs(unspeakable) do
                local number
                local said = callbacks.reported(function() number = invoke(function() return value end) end)
                assert.matches('^CALLBACK FAILED: ' .. place .. ' cannot be encoded\n$', table.concat(said))
                s:expect(('[8,68,%d,%s]'):format(number, EXCEPTION))
            end
            local number
            callbacks.reported(function() number = invoke(raising { error = 'e', argsList = { print } }) end)
            s:expect(('[8,68,%d,%s]'):format(number, EXCEPTION))
            s:expect(('[70,%d,{},[1]]'):format(invoke(function() return { argsList = { 1 } } end)))
        end)

        it('may return and raise objects that inherit their fields', function()
            local class = { error = 'my.err', argsList = { 'm' } }
            class.__index = class
            local broken = { __index = function() error 'no' end }
            s:expect(('[8,68,%d,{},"my.err",["m"]]'):format(invoke(function() error(setmetatable({}, class)) end)))
            s:expect(('[70,%d,{},["m"]]'):format(invoke(function() return setmetatable({}, class) end)))
            for _, run in ipairs { function() error(setmetatable({}, broken)) end,
                function() return setmetatable({}, broken) end } do
                s:expect(('[8,68,%d,%s]'):format(invoke(run), EXCEPTION))
            end
        end)

        it('§6.3.14 the text of an error stays here, and is printed with debug = true', function()
            local original, printed = print, {}
            _G.print = function(text) printed[#printed + 1] = text end
            s.client:options { debug = true }
            local number = invoke(function() error 'the secret' end)
            s.client:options { debug = false }
            _G.print = original
            s:expect(('[8,68,%d,%s]'):format(number, EXCEPTION))
            assert.matches('the secret', table.concat(printed))
        end)

        it('§6.3.4 §6.3.17 the caller sees no list as nil, an empty one as an empty table', function()
            for tail, list in pairs { [''] = false, [',[]'] = {}, [',[],{"k":1}'] = {} } do
                s.client:call('x.y', nil, s.box:callbacks('onSuccess', 'onError'))
                local number = (s:request(48))
                local err = s:told('onError', ('[8,48,%d,{},"e"%s]'):format(number, tail))
                assert.same(list or nil, err.argsList)
                s.client:call('x.y', nil, s.box:callbacks('onSuccess', 'onError'))
                number = (s:request(48))
                assert.same(list or nil, (s:told('onSuccess', ('[50,%d,{}%s]'):format(number, tail))))
            end
        end)
    end)
end
