local msgpack = require 'loowy.msgpack_serializer'
local null = require 'loowy.null'
local values = require 'spec.support.values'

local encode, decode, marked, hex, unhex = msgpack.encode, msgpack.decode, values.marked, values.hex, values.unhex

local function encodes(value, digits)
    assert.equal(digits, hex(encode(value)))
end

local function fails(value, message)
    local ok, raised = pcall(encode, value)
    assert.is_false(ok)
    assert.truthy(raised:find(message, 1, true), raised)
end

local function refuses(digits, message)
    local ok, raised = pcall(decode, unhex(digits))
    assert.is_false(ok, digits)
    assert.truthy(raised:find(message, 1, true), raised)
end

describe('loowy.msgpack_serializer', function()
    it('names its protocol', function()
        assert.equal('msgpack', msgpack.protocol)
    end)

    describe('encodes (§9.1)', function()
        it('nil', function()
            encodes(nil, 'c0')
        end)

        it('booleans', function()
            encodes(true, 'c3')
            encodes(false, 'c2')
        end)

        it('integers from 0 on unsigned', function()
            for integer, digits in pairs { [0] = '00', [127] = '7f', [128] = 'cc80', [255] = 'ccff', [256] = 'cd0100',
                [65535] = 'cdffff', [65536] = 'ce00010000', [4294967295] = 'ceffffffff',
                [4294967296] = 'cf0000000100000000' } do
                encodes(integer, digits)
            end
        end)

        it('integers below 0 signed', function()
            for integer, digits in pairs { [-1] = 'ff', [-32] = 'e0', [-33] = 'd0df', [-128] = 'd080',
                [-129] = 'd1ff7f',
                [-32768] = 'd18000', [-32769] = 'd2ffff7fff', [-2147483648] = 'd280000000',
                [-2147483649] = 'd3ffffffff7fffffff' } do
                encodes(integer, digits)
            end
        end)

        it('a float without a fraction by its subtype, where there are subtypes', function()
            encodes(1.0, values.has_integers and 'cb3ff0000000000000' or '01')
            encodes(-0.0, values.has_integers and 'cb8000000000000000' or '00')
        end)

        it('floats as doubles', function()
            encodes(1.5, 'cb3ff8000000000000')
            encodes(0.1, 'cb3fb999999999999a')
            encodes(2 ^ 63, 'cb43e0000000000000')
            encodes(2 ^ 64, 'cb43f0000000000000')
            encodes(1e300, 'cb7e37e43c8800759c')
        end)

        it('where all numbers are doubles, integers below 2^53-1 as integers', function()
            if not values.has_integers then
                encodes(9007199254740990, 'cf001ffffffffffffe')
                encodes(9007199254740991, 'cb433fffffffffffff')
                encodes(9007199254740992, 'cb4340000000000000')
                encodes(-9007199254740992, 'cbc340000000000000')
            end
        end)

        it('where there are integers, all of 64 bits', function()
            if values.has_integers then
                encodes(math.tointeger(2 ^ 53) + 1, 'cf0020000000000001')
                encodes(math.maxinteger, 'cf7fffffffffffffff')
                encodes(math.mininteger, 'd38000000000000000')
            end
        end)

        it('NaN and infinities', function()
            assert.matches('^cb[7f]ff8000000000000$', hex(encode(0 / 0)))
            encodes(math.huge, 'cb7ff0000000000000')
            encodes(-math.huge, 'cbfff0000000000000')
        end)

        it('text with the shortest length but the 8-bit one', function()
            encodes('', 'a0')
            encodes('abc', 'a3616263')
            assert.equal('bf', hex(encode(('x'):rep(31)):sub(1, 1)))
            assert.equal('da0020', hex(encode(('x'):rep(32)):sub(1, 3)))
            assert.equal('daffff', hex(encode(('x'):rep(65535)):sub(1, 3)))
            assert.equal('db00010000', hex(encode(('x'):rep(65536)):sub(1, 5)))
        end)

        it('strings that are no text as binary data', function()
            encodes('\255\254', 'c402fffe')
            assert.equal('c50100', hex(encode(('\255'):rep(256)):sub(1, 3)))
        end)

        it('an empty table as a list', function()
            encodes({}, '90')
            encodes({ a = {} }, '81a16190')
        end)

        it('lists and maps', function()
            encodes({ 1, 2 }, '920102')
            encodes({ a = 1 }, '81a16101')
        end)

        it('a mixed table as a map', function()
            local decoded = decode(encode { 1, a = 2 })
            assert.same({ 1, a = 2 }, decoded)
            assert.equal('82', hex(encode({ 1, a = 2 }):sub(1, 1)))
        end)

        it('holes as maps of what is there', function()
            encodes({ nil, 2 }, '810202')
            encodes({ nil, nil, 3 }, '810303')
            assert.equal('82', hex(encode({ 1, nil, 3 }):sub(1, 1)))
            assert.same({ 1, nil, 3 }, decode(encode { 1, nil, 3 }))
        end)

        it('keys of all kinds', function()
            encodes({ [2] = 2 }, '810202')
            encodes({ [0] = 0 }, '810000')
            encodes({ [1.5] = 1 }, '81cb3ff800000000000001')
            encodes({ [true] = 1 }, '81c301')
            encodes({ [-1] = 1 }, '81ff01')
            encodes({ ['1'] = 'a' }, '81a131a161')
        end)

        it('long lists and maps with wide lengths', function()
            for _, size in ipairs { 15, 16, 17, 1000, 65535, 65536 } do
                local list, map = {}, {}
                for i = 1, size do
                    list[i] = i
                    map['k' .. i] = i
                end
                assert.same(list, decode(encode(list)))
                assert.same(map, decode(encode(map)))
            end
            assert.equal('dc0010', hex(encode({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }):sub(1, 3)))
        end)

        it('a long map inside of other values', function()
            local map = { list = { 1, 2, 3 } }
            for i = 1, 40 do
                map['k' .. i] = { i, { n = i } }
            end
            assert.same({ { map, 'after' }, map }, decode(encode { { map, 'after' }, map }))
        end)

        it('a list whose elements were set backwards', function()
            local list = {}
            for i = 100, 1, -1 do
                list[i] = i
            end
            assert.equal('dc0064', hex(encode(list):sub(1, 3)))
            assert.same(list, decode(encode(list)))
        end)

        it('marked tables as they are marked (Z03, Z05)', function()
            encodes(marked('array', {}), '90')
            encodes(marked('object', {}), '80')
            encodes(marked('array', { 1, a = 2 }), '9101')
            encodes(marked('object', { 1 }), '810101')
        end)

        it('a mark of another kind not at all', function()
            encodes(marked('other', { 1, 2 }), '920102')
            encodes(marked(7, {}), '90')
        end)

        it('a mark that is not in the metatable itself not at all', function()
            encodes({ __jsontype = 'object' }, '81aa5f5f6a736f6e74797065a66f626a656374')
        end)

        it('null as nil (Z03)', function()
            encodes(null, 'c0')
            encodes({ null, null }, '92c0c0')
        end)

        it('functions, threads and other userdata not at all', function()
            fails(print, 'function cannot be encoded')
            fails({ a = { coroutine.create(function() end) } }, 'a[1]: thread cannot be encoded')
            fails({ [print] = 1 }, '(function): function cannot be encoded')
        end)

        it('128 levels, and not one more, and no cycle', function()
            assert.equal(('91'):rep(127) .. '90', hex(encode(values.nested(128))))
            fails(values.nested(129), 'nested more than 128 levels deep, or in a cycle')
            local cycle = {}
            cycle[1] = cycle
            fails(cycle, '[1][1][1]')
        end)
    end)

    describe('decodes (§9.2)', function()
        it('lists and maps with the metatables of decoded JSON (Z03)', function()
            local json = require 'loowy.json_serializer'
            assert.equal(getmetatable(json.decode '[]'), getmetatable(decode '\144'))
            assert.equal(getmetatable(json.decode '{}'), getmetatable(decode '\128'))
            assert.equal('90', hex(encode(decode '\144')))
            assert.equal('80', hex(encode(decode '\128')))
        end)

        it('nil as nil, in lists as holes, in maps as nothing', function()
            assert.is_nil(decode '\192')
            local list = decode(unhex '93 01 c0 03')
            assert.equal(1, list[1])
            assert.is_nil(list[2])
            assert.equal(3, list[3])
            assert.same({ b = 1 }, decode(unhex '83 a161 c0 a162 01 c0 02'))
        end)

        it('integer keys as numbers, and drops NaN as a key', function()
            assert.same({ [7] = 'a' }, decode(unhex '81 07 a161'))
            assert.same({ [7] = 'a' }, decode(unhex '82 cb7ff8000000000000 01 07 a161'))
        end)

        it('all lengths of text and binary data as strings', function()
            assert.equal('ab', decode(unhex 'a26162'))
            assert.equal('ab', decode(unhex 'd9026162'))
            assert.equal('ab', decode(unhex 'da00026162'))
            assert.equal('ab', decode(unhex 'db000000026162'))
            assert.equal('\255\0', decode(unhex 'c402ff00'))
            assert.equal('\255\0', decode(unhex 'c50002ff00'))
            assert.equal('\255\0', decode(unhex 'c600000002ff00'))
        end)

        it('text that is not UTF-8, or looks like binary data of JSON, as it is', function()
            assert.equal('\255', decode(unhex 'a1ff'))
            assert.equal('\0//4=', decode(unhex 'a5002f2f343d'))
        end)

        it('floats of both sizes', function()
            assert.equal(1.5, decode(unhex 'ca3fc00000'))
            assert.equal(1.5, decode(unhex 'cb3ff8000000000000'))
        end)

        it('unsigned integers beyond 2^63-1 as 0.4.1 did', function()
            assert.equal(values.has_integers and -1 or 2 ^ 64, decode(unhex 'cfffffffffffffffff'))
        end)

        it('extension types as nil, and what follows them', function()
            assert.is_nil(decode(unhex 'd40105'))
            local list = decode(unhex '93 01 c70302aabbcc 03')
            assert.equal(1, list[1])
            assert.is_nil(list[2])
            assert.equal(3, list[3])
        end)

        it('nothing else', function()
            refuses('0101', 'extra bytes')
            refuses('0191', 'extra bytes')
            refuses('', 'missing bytes')
            refuses('92 01', 'missing bytes')
            refuses('a5 61', 'missing bytes')
            refuses('81 01', 'missing bytes')
            refuses('ddffffffff', 'missing bytes')
            refuses('dfffffffff 01', 'missing bytes')
            refuses('c6ffffffff 01', 'missing bytes')
            refuses('c1', "unpack '0xc1' is unimplemented")
            refuses('91c1', "unpack '0xc1' is unimplemented")
        end)

        it('up to 128 levels', function()
            assert.equal(('91'):rep(127) .. '90', hex(encode(decode(unhex(('91'):rep(127) .. '90')))))
            refuses(('91'):rep(128) .. '90', 'nested more than 128 levels deep')
            assert.is_false(pcall(decode, ('\145'):rep(1000000)))
            assert.is_false(pcall(decode, ('\221\255\255\255\255'):rep(100000)))
        end)
    end)

    it('decodes nothing but strings, and points at the caller', function()
        for _, wrong in ipairs { 5, true, {}, print } do
            local ok, message = pcall(function() decode(wrong) end)
            assert.is_false(ok)
            assert.matches("msgpack_serializer_spec.lua:%d+: bad argument #1 to 'decode' %(string expected", message)
        end
    end)
end)
