local json = require 'loowy.json_serializer'
local null = require 'loowy.null'
local values = require 'spec.support.values'

local encode, decode, marked = json.encode, json.decode, values.marked

local function encodes(value, text)
    assert.equal(text, encode(value))
end

local function fails(value, message)
    local ok, raised = pcall(encode, value)
    assert.is_false(ok)
    assert.truthy(raised:find(message, 1, true), raised)
end

describe('loowy.json_serializer', function()
    it('names its protocol', function()
        assert.equal('json', json.protocol)
    end)

    describe('encodes (§9.1)', function()
        it('nil and holes as null', function()
            encodes(nil, 'null')
            encodes({ nil, 2 }, '[null,2]')
            encodes({ nil, nil, 3 }, '[null,null,3]')
        end)

        it('booleans', function()
            encodes(true, 'true')
            encodes(false, 'false')
        end)

        it('integers as decimals', function()
            for _, integer in ipairs { 0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, -1, -32, -33, -128,
                -129, -32769, -2147483649 } do
                encodes(integer, ('%d'):format(integer))
            end
            encodes(9007199254740991, '9007199254740991')
            encodes(9007199254740992, '9007199254740992')
            encodes(1700000000000, '1700000000000')
        end)

        it('a float without a fraction as an integer', function()
            encodes(1.0, '1')
            encodes(1e15, '1000000000000000')
            encodes(2 ^ 53, '9007199254740992')
            encodes(-1e15, '-1000000000000000')
            encodes(-0.0, '0')
        end)

        it('floats by the shortest digits that read back the same', function()
            encodes(1.5, '1.5')
            encodes(0.1, '0.1')
            encodes(1e-7, '1e-7')
            encodes(1e300, '1e300')
            encodes(1.5e300, '1.5e300')
            encodes(0.1 + 0.2, '0.30000000000000004')
        end)

        it('large integral floats without an exponent', function()
            encodes(1e20, '100000000000000000000.0')
            encodes(2 ^ 64, '18446744073709551616.0')
            encodes(2 ^ 63, '9223372036854775808.0')
        end)

        it('all integers of 64 bits', function()
            if not values.has_integers then
                return
            end
            encodes(math.maxinteger, '9223372036854775807')
            encodes(math.mininteger, '-9223372036854775808')
            encodes(math.tointeger(2 ^ 53) + 1, '9007199254740993')
        end)

        it('NaN and infinities not at all', function()
            fails(0 / 0, 'NaN and infinity cannot be written in JSON')
            fails({ a = math.huge }, 'a: NaN and infinity cannot be written in JSON')
            fails({ -math.huge }, '[1]: NaN and infinity cannot be written in JSON')
        end)

        it('strings with escapes where they must be', function()
            encodes('', '""')
            encodes('"\\\b\f\n\r\t', [["\"\\\b\f\n\r\t"]])
            encodes('\0\1\31', [["\u0000\u0001\u001f"]])
            encodes('/\127é€', '"/\127é€"')
        end)

        it('strings that are no text as binary data', function()
            encodes('\255\254', [["\u0000//4="]])
            encodes({ k = 'a\128' }, [[{"k":"\u0000YYA="}]])
        end)

        it('an empty table as an object', function()
            encodes({}, '{}')
            encodes({ {} }, '[{}]')
        end)

        it('lists and objects', function()
            encodes({ 1, 2 }, '[1,2]')
            encodes({ a = 1 }, '{"a":1}')
            encodes({ a = { { b = true } } }, '{"a":[{"b":true}]}')
        end)

        it('a mixed table as a list', function()
            encodes({ 1, a = 2 }, '[1]')
        end)

        it('a table with keys that are no strings and no list without them', function()
            encodes({ [2] = 2 }, '{}')
            encodes({ [0] = 0 }, '{}')
            encodes({ [1.5] = 1, [true] = 1, [-1] = 1, a = 1 }, '{"a":1}')
            encodes({ ['1'] = 'a' }, '{"1":"a"}')
        end)

        it('a table marked array as a list of 1 to #t', function()
            encodes(marked('array', {}), '[]')
            encodes(marked('array', { 1, 2, a = 3 }), '[1,2]')
            encodes(marked('array', { a = 3 }), '[]')
        end)

        it('a table marked object as an object of its string keys', function()
            encodes(marked('object', {}), '{}')
            encodes(marked('object', { 1, 2 }), '{}')
            encodes(marked('object', { 1, a = 2 }), '{"a":2}')
        end)

        it('a table marked otherwise as an object', function()
            encodes(marked('other', { 1, 2 }), '{}')
            encodes(marked(7, { 1, 2 }), '{}')
        end)

        it('a mark that is not in the metatable itself not at all', function()
            encodes(setmetatable({ 1 }, setmetatable({}, { __index = { __jsontype = 'object' } })), '[1]')
            encodes({ __jsontype = 'array' }, '{"__jsontype":"array"}')
        end)

        it('null', function()
            encodes(null, 'null')
            encodes({ null, { a = null } }, '[null,{"a":null}]')
        end)

        it('cjson.null as null', function()
            local found, cjson = pcall(require, 'cjson')
            if found then
                encodes({ cjson.null }, '[null]')
            end
        end)

        it('functions, threads and other userdata not at all', function()
            fails(print, 'function cannot be encoded')
            fails({ print }, '[1]: function cannot be encoded')
            fails({ a = { b = { 1, coroutine.create(function() end) } } }, 'a.b[2]: thread cannot be encoded')
            fails({ a = io.stdout }, 'a: userdata cannot be encoded')
        end)

        it('128 levels, and not one more', function()
            assert.equal(('['):rep(127) .. '{}' .. (']'):rep(127), encode(values.nested(128)))
            fails(values.nested(129), 'nested more than 128 levels deep, or in a cycle')
        end)

        it('no cycle', function()
            local cycle = {}
            cycle.again = cycle
            fails(cycle, 'again.again.again')
            fails(cycle, '...: nested more than 128 levels deep, or in a cycle')
        end)

        it('raw: no __len, __pairs, __index', function()
            local called = function() error 'called' end
            local hooks = { __len = called, __pairs = called, __ipairs = called, __index = called }
            encodes(setmetatable({ 1, 2 }, hooks), '[1,2]')
        end)

        it('and points at the caller when it cannot', function()
            local _, raised = pcall(function() encode(print) end)
            assert.matches('json_serializer_spec', raised)
        end)
    end)

    describe('decodes (§9.2)', function()
        it('lists and objects with metatables that mark them, the same ones every time', function()
            local list, object = decode '[1,[],{}]', decode '{"a":[]}'
            assert.equal('array', getmetatable(list).__jsontype)
            assert.equal('object', getmetatable(object).__jsontype)
            assert.equal(getmetatable(list), getmetatable(list[2]))
            assert.equal(getmetatable(list), getmetatable(object.a))
            assert.equal(getmetatable(object), getmetatable(list[3]))
            assert.equal(values.has_integers and 'json.array' or nil, getmetatable(list).__name)
            assert.equal(values.has_integers and 'json.object' or nil, getmetatable(object).__name)
        end)

        it('so that encoding again keeps the kind of empty tables', function()
            assert.equal('[[],{},[{}]]', encode(decode '[[],{},[{}]]'))
        end)

        it('null as the value of loowy.null', function()
            assert.equal(null, decode 'null')
            assert.equal('userdata', type(decode 'null'))
            assert.equal(null, decode('[[null]]')[1][1])
            assert.equal(null, decode('{"a":null}').a)
        end)

        it('integers as integers', function()
            for _, integer in ipairs { 0, 1, -1, 4294967296, 9007199254740992 } do
                local decoded = decode(('%d'):format(integer))
                assert.equal(integer, decoded)
                assert.equal(values.subtype(integer), values.subtype(decoded))
            end
        end)

        it('integers beyond 64 bits as floats', function()
            assert.equal(2 ^ 63, decode '9223372036854775808')
            assert.equal(2 ^ 64, decode '18446744073709551616')
            assert.equal(-2 ^ 63 - 2049, decode '-9223372036854777857')
        end)

        it('numbers with a fraction or an exponent as floats', function()
            local floats = { ['1.0'] = 1.0, ['1e2'] = 100.0, ['1.5'] = 1.5, ['0.1'] = 0.1, ['1e-7'] = 1e-7 }
            for text, number in pairs(floats) do
                assert.equal(number, decode(text))
                assert.equal(values.has_integers and 'float' or 'number', values.subtype(decode(text)))
            end
            assert.equal(-math.huge, 1 / decode '-0.0')
        end)

        it('the last of two members of one name', function()
            assert.same({ a = 2, b = 3 }, decode '{"a":1,"b":3,"a":2}')
            local many = {}
            for i = 1, 40 do
                many[i] = '"k":' .. i
            end
            assert.same({ k = 40 }, decode('{' .. table.concat(many, ',') .. '}'))
        end)

        it('escapes', function()
            assert.equal('a\0b', decode [["a\u0000b"]])
            assert.equal('\240\159\152\128', decode [["\ud83d\ude00"]])
            assert.equal('é/"\\\b\f\n\r\t', decode [["\u00e9\/\"\\\b\f\n\r\t"]])
        end)

        it('half of a surrogate pair not at all', function()
            assert.is_nil((decode [["\ud83d"]]))
            assert.is_nil((decode [["\ude00"]]))
        end)

        it('binary data as its bytes, and what only begins like it as it is', function()
            assert.equal('\255\254', decode [["\u0000//4="]])
            assert.equal('', decode [["\u0000"]])
            assert.equal('\0no base64!', decode [["\u0000no base64!"]])
        end)

        it('nothing else: nil, a message, and the offset in it', function()
            for _, text in ipairs { '', ' ', '\239\187\1911', '1 x', '[1,]', '{"a":1,}', '// c\n1', '/* */1', 'NaN',
                "'a'",
                '1e400', '[', '{"a"', '"a', '01', '+1', '.5', 'nul', '[1 2]', '{1:2}', '\t"\n"', '[1],' } do
                local value, message = decode(text)
                assert.is_nil(value, text)
                assert.matches('^.+ %(%d+%)$', message)
            end
            assert.matches('%(10%)$', select(2, decode '  [1,\n 2,x]'))
        end)

        it('text that is not UTF-8 neither', function()
            assert.is_nil((decode '"\255"'))
        end)

        it('up to 128 levels', function()
            local function text(levels)
                return ('['):rep(levels) .. (']'):rep(levels)
            end
            assert.equal(text(128), encode(decode(text(128))))
            assert.matches('nested more than 128 levels deep', select(2, decode(text(129))))
            assert.matches('nested more than 128 levels deep', select(2, decode(text(1000000))))
        end)

        it('long lists and large objects', function()
            for _, size in ipairs { 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000 } do
                local list, object = {}, {}
                for i = 1, size do
                    list[i] = i
                    object['k' .. i] = i
                end
                assert.same(list, decode(encode(list)))
                assert.same(object, decode(encode(object)))
            end
        end)
    end)

    it('decodes nothing but strings, and points at the caller', function()
        for _, wrong in ipairs { 5, true, {}, print } do
            local ok, message = pcall(function() decode(wrong) end)
            assert.is_false(ok)
            assert.matches("json_serializer_spec.lua:%d+: bad argument #1 to 'decode' %(string expected", message)
        end
    end)
end)
