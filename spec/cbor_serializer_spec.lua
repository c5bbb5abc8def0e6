--- The serializer of CBOR as a module: its errors and limits. What becomes of each value is in values_spec.lua.

local cbor = require 'loowy.cbor_serializer'
local values = require 'spec.support.values'

local encode, decode, hex, unhex = cbor.encode, cbor.decode, values.hex, values.unhex

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

describe('loowy.cbor_serializer', function()
    it('names its protocol', function()
        assert.equal('cbor', cbor.protocol)
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
        for _, size in ipairs { 23, 24, 25, 255, 256, 65535, 65536 } do
            local list, map = {}, {}
            for i = 1, size do
                list[i] = i
                map['k' .. i] = i
            end
            assert.same(list, decode(encode(list)))
            assert.same(map, decode(encode(map)))
        end
        local list = {}
        for i = 1, 24 do list[i] = i end
        assert.equal('981801', hex(encode(list):sub(1, 3)))
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

    it('encodes and decodes 128 levels, and not one more', function()
        assert.equal(('81'):rep(127) .. '80', hex(encode(values.nested(128))))
        fails(values.nested(129), 'nested more than 128 levels deep, or in a cycle')
        assert.equal(('81'):rep(127) .. '80', hex(encode(decode(unhex(('81'):rep(127) .. '80')))))
        assert.equal(('81'):rep(127) .. '80', hex(encode(decode(unhex(('9f'):rep(128) .. ('ff'):rep(128))))))
        refuses(('81'):rep(128) .. '80', 'nested more than 128 levels deep')
        refuses(('9f'):rep(129) .. ('ff'):rep(129), 'nested more than 128 levels deep')
        for _, bytes in ipairs { '\129', '\159', '\191', '\155\255\255\255\255\255\255\255\255', '\193' } do
            assert.is_false(pcall(decode, bytes:rep(1000000)))
        end
    end)

    it('decodes strings in pieces, however long', function()
        local piece = '\121\3\232' .. ('x'):rep(1000)
        assert.equal(('x'):rep(1000000), decode('\127' .. piece:rep(1000) .. '\255'))
        assert.same({ k = { ('x'):rep(2000) } }, decode('\191\127\97k\255\129\127' .. piece:rep(2) .. '\255\255'))
    end)

    it('decodes nothing but strings, and points at the caller', function()
        for _, wrong in ipairs { 5, true, {}, print } do
            local ok, message = pcall(function() decode(wrong) end)
            assert.is_false(ok)
            assert.matches("cbor_serializer_spec.lua:%d+: bad argument #1 to 'decode' %(string expected", message)
        end
    end)
end)
