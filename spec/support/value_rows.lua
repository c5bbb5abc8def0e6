--- The values that travel, and their bytes in both formats: row by row what the reference says, and what is done
-- instead where docs/compatibility.md says so.

local assert = require 'luassert'
local null = require 'loowy.null'
local values = require 'spec.support.values'

local hex, marked, nested = values.hex, values.marked, values.nested

-- What a Lua with integers writes or reads, and one without.
local function by_kind(with_integers, without)
    if values.has_integers then return with_integers end
    return without
end

local function called() error 'called' end

local thread = coroutine.create(function() end)
local cycle = {}
cycle[1] = cycle

local M = {}

--- Row, what it is, the value, its JSON, its MessagePack. A list holds all that are good; `{ refused = text }` is what
-- the error says after the value's place.
M.written = {
    { '§9.1.1', 'a hole', { nil, 2 }, '[null,2]', '810202' },
    { '§9.1.2', 'true', true, 'true', 'c3' },
    { '§9.1.2', 'false', false, 'false', 'c2' },
    { '§9.1.5', '1.0', 1.0, '1', by_kind('cb3ff0000000000000', '01') },
    { '§9.1.6', '-0.0', -0.0, '0', by_kind('cb8000000000000000', '00') },
    { '§9.1.7', '1.5', 1.5, '1.5', 'cb3ff8000000000000' },
    { '§9.1.7', '0.1', 0.1, '0.1', 'cb3fb999999999999a' },
    { '§9.1.7', '0.1 + 0.2', 0.1 + 0.2, '0.30000000000000004', 'cb3fd3333333333334' },
    { '§9.1.8', '2^53-2', 2 ^ 53 - 2, '9007199254740990', by_kind('cb433ffffffffffffe', 'cf001ffffffffffffe') },
    { '§9.1.8', '2^53-1', 2 ^ 53 - 1, '9007199254740991', 'cb433fffffffffffff' },
    { '§9.1.8', '2^53', 2 ^ 53, '9007199254740992', 'cb4340000000000000' },
    { '§9.1.8', '2^62', 2 ^ 62, '4611686018427387904', 'cb43d0000000000000' },
    { '§9.1.8', '-2^53', -2 ^ 53, '-9007199254740992', 'cbc340000000000000' },
    { '§9.1.8', '-1e15', -1e15, '-1000000000000000' },
    { '§9.1.10', '2^63', 2 ^ 63, '9223372036854775808.0', 'cb43e0000000000000' },
    { '§9.1.11', '2^64', 2 ^ 64, '18446744073709551616.0', 'cb43f0000000000000' },
    { '§9.1.11', '1e20', 1e20, '100000000000000000000.0', 'cb4415af1d78b58c40' },
    { '§9.1.12', '1e300', 1e300, '1e300', 'cb7e37e43c8800759c' },
    { '§9.1.12', '1.5e300', 1.5e300, '1.5e300' },
    { '§9.1.12', '1e-7', 1e-7, '1e-7', 'cb3e7ad7f29abcaf48' },
    { '§9.1.14', 'NaN', 0 / 0, { refused = 'NaN and infinity cannot be written in JSON' },
        { 'cbfff8000000000000', 'cb7ff8000000000000' } },
    { '§9.1.14', 'infinity', math.huge, { refused = 'NaN and infinity cannot be written in JSON' },
        'cb7ff0000000000000' },
    { '§9.1.14', '-infinity', -math.huge, { refused = 'NaN and infinity cannot be written in JSON' },
        'cbfff0000000000000' },
    { '§9.1.15', 'an empty string', '', '""', 'a0' },
    { '§9.1.15', 'what is escaped', '"\\\b\f\n\r\t', [["\"\\\b\f\n\r\t"]], 'a7225c080c0a0d09' },
    { '§9.1.15', 'control characters', 'a\0\1\31', [["a\u0000\u0001\u001f"]], 'a46100011f' },
    { '§9.1.15', 'a NUL in front', '\0\1\31', [["\u0000\u0001\u001f"]], 'a300011f' },
    { '§9.1.15', 'what is not escaped', '/\127é€', '"/\127é€"', 'a72f7fc3a9e282ac' },
    { '§9.1.15', '31 bytes', ('x'):rep(31), '"' .. ('x'):rep(31) .. '"', 'bf' .. ('78'):rep(31) },
    { '§9.1.15', '32 bytes', ('x'):rep(32), '"' .. ('x'):rep(32) .. '"', 'da0020' .. ('78'):rep(32) },
    { '§9.1.15', '65535 bytes', ('x'):rep(65535), '"' .. ('x'):rep(65535) .. '"', 'daffff' .. ('78'):rep(65535) },
    { '§9.1.15', '65536 bytes', ('x'):rep(65536), '"' .. ('x'):rep(65536) .. '"', 'db00010000' .. ('78'):rep(65536) },
    { '§9.1.15', 'bytes that are no text', '\255\254', [["\u0000//4="]], 'c402fffe' },
    { '§9.1.15', 'a text with a byte that is none', { k = 'a\128' }, [[{"k":"\u0000YYA="}]], '81a16bc4026180' },
    { '§9.1.15', '256 bytes that are no text', ('\255'):rep(256), nil, 'c50100' .. ('ff'):rep(256) },
    { '§9.1.16', '{}', {}, '{}', '90' },
    { '§9.1.16', '{{}}', { {} }, '[{}]', '9190' },
    { '§9.1.16', '{a={}}', { a = {} }, '{"a":{}}', '81a16190' },
    { '§9.1.17', '{1,2}', { 1, 2 }, '[1,2]', '920102' },
    { '§9.1.18', '{a=1}', { a = 1 }, '{"a":1}', '81a16101' },
    { '§9.1.18', '{a={{b=true}}}', { a = { { b = true } } }, '{"a":[{"b":true}]}', '81a1619181a162c3' },
    { '§9.1.19', '{1,a=2}', { 1, a = 2 }, '[1]', { '8201 01a16102', '82a161020101' } },
    { '§9.1.20', '{nil,2}', { nil, 2 }, '[null,2]', '810202' },
    { '§9.1.20', '{nil,nil,3}', { nil, nil, 3 }, '[null,null,3]', '810303' },
    { '§9.1.21', '{1,nil,3}', { 1, nil, 3 }, { '[1]', '[1,null,3]' }, { '82 0101 0303', '82 0303 0101' } },
    { '§9.1.22', '{[2]=2}', { [2] = 2 }, '{}', '810202' },
    { '§9.1.22', '{[0]=0}', { [0] = 0 }, '{}', '810000' },
    { '§9.1.22', '{[1.5]=1}', { [1.5] = 1 }, '{}', '81cb3ff800000000000001' },
    { '§9.1.22', '{[true]=1}', { [true] = 1 }, '{}', '81c301' },
    { '§9.1.22', '{[-1]=1}', { [-1] = 1 }, '{}', '81ff01' },
    { '§9.1.22', 'keys of all kinds', { [1.5] = 1, [true] = 1, [-1] = 1, a = 1 }, '{"a":1}' },
    { '§9.1.23', '{["1"]="a"}', { ['1'] = 'a' }, '{"1":"a"}', '81a131a161' },
    { '§9.1.24 Z03 Z05', 'nothing marked array', marked('array', {}), '[]', '90' },
    { '§9.1.24', '{1,2,a=3} marked array', marked('array', { 1, 2, a = 3 }), '[1,2]', '920102' },
    { '§9.1.24', '{a=3} marked array', marked('array', { a = 3 }), '[]', '90' },
    { '§9.1.25 Z03 Z05', 'nothing marked object', marked('object', {}), '{}', '80' },
    { '§9.1.25', '{1,2} marked object', marked('object', { 1, 2 }), '{}', { '82 0101 0202', '82 0202 0101' } },
    { '§9.1.25', '{a=1} marked object', marked('object', { a = 1 }), '{"a":1}', '81a16101' },
    { '§9.1.26', '{1,2} marked otherwise', marked('other', { 1, 2 }), '{}', '920102' },
    { '§9.1.26', 'nothing marked 7', marked(7, {}), '{}', '90' },
    { '§9.1.26', '{1,a=2} marked 7', marked(7, { 1, a = 2 }), '{"a":2}', { '8201 01a16102', '82a161020101' } },
    { '§9.1.27', 'a mark inherited by the metatable',
        setmetatable({ 1 }, setmetatable({}, { __index = { __jsontype = 'object' } })), '[1]', '9101' },
    { '§9.1.27', 'a mark inherited by the table', setmetatable({ 1 }, { __index = { __jsontype = 'object' } }),
        '[1]', '9101' },
    { '§9.1.28', 'a mark as a member', { __jsontype = 'array' }, '{"__jsontype":"array"}',
        '81aa' .. hex '__jsontype' .. 'a5' .. hex 'array' },
    { '§9.1.29 Z03', 'null', null, 'null', 'c0' },
    { '§9.1.29', 'null inside', { null, { a = null } }, '[null,{"a":null}]', '92c081a161c0' },
    { '§9.1.30', 'a function', print, { refused = 'function cannot be encoded' },
        { refused = 'function cannot be encoded' } },
    { '§9.1.30', 'a thread', thread, { refused = 'thread cannot be encoded' },
        { refused = 'thread cannot be encoded' } },
    { '§9.1.30', 'other userdata', io.stdout, { refused = 'userdata cannot be encoded' },
        { refused = 'userdata cannot be encoded' } },
    { '§9.1.31', '127 levels', nested(127), ('['):rep(126) .. '{}' .. (']'):rep(126), ('91'):rep(126) .. '90' },
    { '§9.1.31', '129 levels', nested(129), { refused = 'nested more than 128 levels deep, or in a cycle' },
        { refused = 'nested more than 128 levels deep, or in a cycle' } },
    { '§9.1.31', 'a cycle', cycle, { refused = 'nested more than 128 levels deep, or in a cycle' },
        { refused = 'nested more than 128 levels deep, or in a cycle' } },
    { '§9.1.32', 'what has metamethods',
        setmetatable({ 1, 2 }, { __len = called, __pairs = called, __ipairs = called, __index = called }), '[1,2]',
        '920102' },
    { '§9.1.32', 'members behind metamethods',
        setmetatable({ a = 1 }, { __len = called, __pairs = called, __ipairs = called, __index = called }),
        '{"a":1}', '81a16101' },
}

local function written(row, value, digits)
    local text = ('%d'):format(value)
    table.insert(M.written, { row, text, value, text, digits })
end

for value, digits in pairs { [0] = '00', [127] = '7f', [128] = 'cc80', [255] = 'ccff', [256] = 'cd0100',
    [65535] = 'cdffff', [65536] = 'ce00010000', [4294967295] = 'ceffffffff', [4294967296] = 'cf0000000100000000' } do
    written('§9.1.3', value, digits)
end

for value, digits in pairs { [-1] = 'ff', [-32] = 'e0', [-33] = 'd0df', [-128] = 'd080', [-129] = 'd1ff7f',
    [-32768] = 'd18000', [-32769] = 'd2ffff7fff', [-2147483648] = 'd280000000',
    [-2147483649] = 'd3ffffffff7fffffff' } do
    written('§9.1.4', value, digits)
end

-- Ids are numbers up to 2^53, and often computed: as integers or as floats.
for _, value in ipairs { 1e15, 9007199254740992, 1700000000000, 2 ^ 40 } do
    table.insert(M.written, { 'Z04', ('%.0f'):format(value), value, ('%.0f'):format(value) })
end

if values.has_integers then
    written('§9.1.9', math.tointeger(2 ^ 53) + 1, 'cf0020000000000001')
    written('§9.1.13', math.maxinteger, 'cf7fffffffffffffff')
    written('§9.1.13', math.mininteger, 'd38000000000000000')
else
    -- What doubles have next to them.
    written('§9.1.9', 2 ^ 53 + 2, 'cb4340000000000001')
    written('§9.1.13', 2 ^ 63 - 1024, 'cb43dfffffffffffff')
    written('§9.1.13', -2 ^ 63, 'cbc3e0000000000000')
end

local function subtype(value, kind)
    assert.equal(values.has_integers and kind or 'number', values.subtype(value))
end

local function reads(expected, kind)
    return function(value)
        assert.same(expected, value)
        if kind then subtype(value, kind) end
    end
end

local function is(expected)
    return function(value) assert.equal(expected, value) end
end

local function has_marks(kind)
    return function(value)
        assert.equal(kind, getmetatable(value).__jsontype)
        assert.equal(values.has_integers and 'json.' .. kind or nil, getmetatable(value).__name)
        assert.equal(getmetatable(require('loowy.json_serializer').decode(kind == 'array' and '[1]' or '{"a":1}')),
            getmetatable(value))
    end
end

local function holes(value)
    assert.same({ 1, nil, 3 }, { rawget(value, 1), rawget(value, 2), rawget(value, 3) })
end

--- Row, JSON, what it is read as.
M.read_json = {
    { '§9.2.1', '[]', has_marks 'array' },
    { '§9.2.1', '{}', has_marks 'object' },
    { '§9.2.1', '[1,"a",[true]]', reads { 1, 'a', { true } } },
    { '§9.2.1', '{"a":[],"b":{"c":false}}', reads { a = {}, b = { c = false } } },
    { '§9.2.1', '{"a":[[]]}', function(value) has_marks 'array' (value.a[1]) end },
    { '§9.2.2', 'null', is(null) },
    { '§9.2.2', '[1,null,[null]]', function(value)
        assert.equal(null, value[2])
        assert.equal(null, value[3][1])
        assert.equal(3, #value)
        assert.equal('userdata', type(value[2]))
    end },
    { '§9.2.2', '{"a":null}', function(value) assert.equal(null, value.a) end },
    { '§9.2.3', '0', reads(0, 'integer') },
    { '§9.2.3', '-1', reads(-1, 'integer') },
    { '§9.2.3', '9007199254740992', reads(9007199254740992, 'integer') },
    { '§9.2.3', '9223372036854775807', reads(math.maxinteger or 2 ^ 63, 'integer') },
    { '§9.2.3', '9223372036854775808', reads(2 ^ 63, 'float') },
    { '§9.2.3', '-9223372036854775808', reads(math.mininteger or -2 ^ 63, 'integer') },
    { '§9.2.3', '18446744073709551616', reads(2 ^ 64, 'float') },
    { '§9.2.3', '-9223372036854777857', reads(-2 ^ 63 - 2049, 'float') },
    { '§9.2.4', '1.0', reads(1.0, 'float') },
    { '§9.2.4', '1e2', reads(100.0, 'float') },
    { '§9.2.4', '1.5', reads(1.5, 'float') },
    { '§9.2.4', '0.1', reads(0.1, 'float') },
    { '§9.2.4', '1e-7', reads(1e-7, 'float') },
    { '§9.2.4', '-0.0', function(value)
        assert.equal(-math.huge, 1 / value)
        subtype(value, 'float')
    end },
    { '§9.2.5', '{"a":1,"b":3,"a":2}', reads { a = 2, b = 3 } },
    { '§9.2.6', [["a\u0000b"]], is 'a\0b' },
    { '§9.2.6', [["\ud83d\ude00"]], is '\240\159\152\128' },
    { '§9.2.6', [["\u00e9\/\"\\\b\f\n\r\t"]], is 'é/"\\\b\f\n\r\t' },
    { 'Q44', [["\u0000//4="]], is '\255\254' },
    { 'Q44', [["\u0000"]], is '' },
    { 'Q44', [["\u0000no base64!"]], is '\0no base64!' },
}

--- Row, text that is no JSON.
M.no_json = {
    { '§9.2.6', [["\ud83d"]] }, { '§9.2.6', [["\ude00"]] }, { '§9.2.7', '"\255"' }, { '§9.2.8', '' },
    { '§9.2.8', '\239\187\1911' }, { '§9.2.8', '1 x' }, { '§9.2.8', '// c\n1' }, { '§9.2.8', '/* */1' },
    { '§9.2.8', 'NaN' }, { '§9.2.8', "'a'" }, { '§9.2.8', '[1,]' }, { '§9.2.8', '{"a":1,}' }, { '§9.2.8', '1e400' },
    { '§9.2.8', ' ' }, { '§9.2.8', '[' }, { '§9.2.8', '{"a"' }, { '§9.2.8', '"a' }, { '§9.2.8', '01' },
    { '§9.2.8', '+1' }, { '§9.2.8', '.5' }, { '§9.2.8', 'nul' }, { '§9.2.8', '[1 2]' }, { '§9.2.8', '{1:2}' },
    { '§9.2.8', '"\n"' }, { '§9.2.8', '[1],' },
}

--- Row, bytes of MessagePack, what they are read as.
M.read_msgpack = {
    { '§9.2.9 Z03', '90', has_marks 'array' },
    { '§9.2.9 Z03', '80', has_marks 'object' },
    { '§9.2.9', '9301c003', holes },
    { '§9.2.9', 'dc000301c003', holes },
    { '§9.2.9', '83 a161c0 a16201 c002', reads { b = 1 } },
    { '§9.2.9', '82 07a161 ff02', reads { [7] = 'a', [-1] = 2 } },
    { '§9.2.9', '82 cb7ff800000000000001 07a161', reads { [7] = 'a' } },
    { '§9.2.9', 'de0001a16101', reads { a = 1 } },
    { '§9.2.10', 'c0', is(nil) },
    { '§9.2.11', 'a26162', is 'ab' },
    { '§9.2.11', 'd9026162', is 'ab' },
    { '§9.2.11', 'da00026162', is 'ab' },
    { '§9.2.11', 'db000000026162', is 'ab' },
    { '§9.2.11', 'c402ff00', is '\255\0' },
    { '§9.2.11', 'c50002ff00', is '\255\0' },
    { '§9.2.11', 'c600000002ff00', is '\255\0' },
    { '§9.2.11', 'a1ff', is '\255' },
    { '§9.2.11', 'a5002f2f343d', is '\0//4=' },
    { '§9.2.12', 'ca3fc00000', reads(1.5, 'float') },
    { '§9.2.12', 'ca3f800000', reads(1.0, 'float') },
    { '§9.2.12', 'cb3ff8000000000000', reads(1.5, 'float') },
    { '§9.2.13', 'cf7fffffffffffffff', reads(math.maxinteger or 2 ^ 63, 'integer') },
    { '§9.2.13', 'cf8000000000000000', reads(math.mininteger or 2 ^ 63, 'integer') },
    { '§9.2.13', 'cfffffffffffffffff', reads(by_kind(-1, 2 ^ 64), 'integer') },
    { '§9.2.14', 'd40105', is(nil) },
    { '§9.2.14', 'c70302aabbcc', is(nil) },
    { '§9.2.14', '9301d4010503', holes },
}

--- Row, bytes that are no MessagePack, what the error says.
M.no_msgpack = {
    { '§9.2.15', '0101', 'extra bytes' }, { '§9.2.15', '9101c0', 'extra bytes' }, { '§9.2.15', '', 'missing bytes' },
    { '§9.2.15', '9201', 'missing bytes' }, { '§9.2.15', 'a561', 'missing bytes' },
    { '§9.2.15', '0191', 'extra bytes' }, { '§9.2.15', '8101', 'missing bytes' },
    { '§9.2.15', 'ddffffffff', 'missing bytes' }, { '§9.2.15', 'dfffffffff01', 'missing bytes' },
    { '§9.2.15', 'c6ffffffff01', 'missing bytes' },
    { '§9.2.15', 'c1', "unpack '0xc1' is unimplemented" }, { '§9.2.15', '91c1', "unpack '0xc1' is unimplemented" },
}

--- What it is, bytes of CBOR, what they are read as: by the rules of MessagePack, whoever wrote them.
M.read_cbor = {
    { 'lists', '80', has_marks 'array' },
    { 'lists', '9fff', has_marks 'array' },
    { 'lists', '8301f603', holes },
    { 'lists', '9f01f703ff', holes },
    { 'lists', '98020102', reads { 1, 2 } },
    { 'dictionaries', 'a0', has_marks 'object' },
    { 'dictionaries', 'bfff', has_marks 'object' },
    { 'dictionaries', 'a3 6161f6 616201 f602', reads { b = 1 } },
    { 'dictionaries', 'bf 076161 2002 41ff03 ff', reads { [7] = 'a', [-1] = 2, ['\255'] = 3 } },
    { 'dictionaries', 'a2 f97e0001 076161', reads { [7] = 'a' } },
    { 'dictionaries', 'b900016161 7f6162ff', reads { a = 'b' } },
    { 'null', 'f6', is(nil) },
    { 'undefined', 'f7', is(nil) },
    { 'booleans', '82f4f5', reads { false, true } },
    { 'text', '626162', is 'ab' },
    { 'text', '78026162', is 'ab' },
    { 'text', '7f61616162ff', is 'ab' },
    { 'text', '65002f2f343d', is '\0//4=' },
    { 'bytes', '42ff00', is '\255\0' },
    { 'bytes', '5f41ff4100ff', is '\255\0' },
    { 'bytes', '40', is '' },
    { 'bytes in a typed array', 'd84042ff00', is '\255\0' },
    { 'floats', 'f93e00', reads(1.5, 'float') },
    { 'floats', 'f93c00', reads(1.0, 'float') },
    { 'floats', 'fa3fc00000', reads(1.5, 'float') },
    { 'floats', 'fb3ff8000000000000', reads(1.5, 'float') },
    { 'floats', 'f97c00', reads(math.huge, 'float') },
    { 'integers', '1817', reads(23, 'integer') },
    { 'integers', '3863', reads(-100, 'integer') },
    { 'integers', '1b7fffffffffffffff', reads(math.maxinteger or 2 ^ 63, 'integer') },
    { 'integers', '1b8000000000000000', reads(math.mininteger or 2 ^ 63, 'integer') },
    { 'integers', '1bffffffffffffffff', reads(by_kind(-1, 2 ^ 64), 'integer') },
    { 'integers', '3b7fffffffffffffff', reads(math.mininteger or -2 ^ 63, 'integer') },
    { 'integers', '3bffffffffffffffff', reads(-2 ^ 64, 'float') },
    { 'bignums', 'c2420100', reads(256, 'integer') },
    { 'bignums', 'c3420100', reads(-257, 'integer') },
    { 'bignums', 'c249010000000000000000', reads(2 ^ 64, 'float') },
    { 'bignums', 'c25f41014100ff', reads(256, 'integer') },
    { 'tags', 'd9d9f7c11a514b67b0', reads(1363896240, 'integer') },
    { 'tags', 'c482 20 1903e8', reads { -1, 1000 } },
}

--- Bytes that are no CBOR, what the error says.
M.no_cbor = {
    { '0101', 'more follows after its end' }, { '8101f6', 'more follows after its end' },
    { '', 'it ends within a value' }, { '8201', 'it ends within a value' }, { '6561', 'it ends within a value' },
    { 'a101', 'it ends within a value' }, { '9bffffffffffffffff', 'it ends within a value' },
    { '5bffffffffffffffff01', 'it ends within a value' }, { '9f01', 'it ends within a value' },
    { 'c1', 'it ends within a value' }, { '1c', 'a reserved length' }, { 'fc', 'a reserved type' },
    { 'ff', 'an end of what has not begun' }, { '81ff', 'an end of what has not begun' },
    { 'bf01ff', 'an end of what has not begun' }, { '7f4161ff', 'a piece of another type' },
}

--- CBOR that means nothing, what the error says.
M.strange_cbor = {
    { '61ff', 'not UTF' }, { '7f61c361a9ff', 'not UTF' }, { 'f0', 'a simple value' }, { 'f8ff', 'a simple value' },
    { 'c25881' .. ('ff'):rep(129), 'out of range' },
}

return M
