--- The serializer of MessagePack as a module: its errors and limits. What becomes of each value is in values_spec.lua.

local msgpack = require 'loowy.msgpack_serializer'
local values = require 'spec.support.values'

local encode, decode, hex, unhex = msgpack.encode, msgpack.decode, values.hex, values.unhex

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

    it('names the place of what cannot be encoded', function()
        fails(print, 'function cannot be encoded')
        fails({ a = { coroutine.create(function() end) } }, 'a[1]: thread cannot be encoded')
        fails({ [print] = 1 }, '(function): function cannot be encoded')
        local cycle = {}
        cycle[1] = cycle
        fails(cycle, '[1][1][1]')
    end)

    it('encodes and decodes long lists and maps with wide lengths', function()
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

    it('encodes a long map inside of other values', function()
        local map = { list = { 1, 2, 3 } }
        for i = 1, 40 do map['k' .. i] = { i, { n = i } } end
        assert.same({ { map, 'after' }, map }, decode(encode { { map, 'after' }, map }))
    end)

    it('encodes what is no list and decodes it as it was', function()
        assert.same({ 1, a = 2 }, decode(encode { 1, a = 2 }))
        assert.same({ 1, nil, 3 }, decode(encode { 1, nil, 3 }))
    end)

    it('encodes a list whose elements were set backwards as a list', function()
        local list = {}
        for i = 100, 1, -1 do list[i] = i end
        assert.equal('dc0064', hex(encode(list):sub(1, 3)))
        assert.same(list, decode(encode(list)))
    end)

    it('encodes and decodes 128 levels, and not one more', function()
        assert.equal(('91'):rep(127) .. '90', hex(encode(values.nested(128))))
        fails(values.nested(129), 'nested more than 128 levels deep, or in a cycle')
        assert.equal(('91'):rep(127) .. '90', hex(encode(decode(unhex(('91'):rep(127) .. '90')))))
        refuses(('91'):rep(128) .. '90', 'nested more than 128 levels deep')
        assert.is_false(pcall(decode, ('\145'):rep(1000000)))
        assert.is_false(pcall(decode, ('\221\255\255\255\255'):rep(100000)))
    end)

    it('decodes nothing but strings, and points at the caller', function()
        for _, wrong in ipairs { 5, true, {}, print } do
            local ok, message = pcall(function() decode(wrong) end)
            assert.is_false(ok)
            assert.matches("msgpack_serializer_spec.lua:%d+: bad argument #1 to 'decode' %(string expected", message)
        end
    end)
end)
