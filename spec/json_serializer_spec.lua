--- The serializer of JSON as a module: its errors and limits. What becomes of each value is in values_spec.lua.

local json = require 'loowy.json_serializer'
local values = require 'spec.support.values'

local encode, decode = json.encode, json.decode

local function fails(value, message)
    local ok, raised = pcall(encode, value)
    assert.is_false(ok)
    assert.truthy(raised:find(message, 1, true), raised)
end

describe('loowy.json_serializer', function()
    it('names its protocol', function()
        assert.equal('json', json.protocol)
    end)

    it('names the place of what cannot be encoded', function()
        fails(0 / 0, 'NaN and infinity cannot be written in JSON')
        fails({ a = math.huge }, 'a: NaN and infinity cannot be written in JSON')
        fails({ -math.huge }, '[1]: NaN and infinity cannot be written in JSON')
        fails({ print }, '[1]: function cannot be encoded')
        fails({ a = { b = { 1, coroutine.create(function() end) } } }, 'a.b[2]: thread cannot be encoded')
        fails({ a = io.stdout }, 'a: userdata cannot be encoded')
        local cycle = {}
        cycle.again = cycle
        fails(cycle, 'again.again.again')
        fails(cycle, '...: nested more than 128 levels deep, or in a cycle')
    end)

    it('points at the caller when it cannot', function()
        local _, raised = pcall(function() encode(print) end)
        assert.matches('json_serializer_spec', raised)
    end)

    it('encodes cjson.null as null', function()
        local found, cjson = pcall(require, 'cjson')
        if found then assert.equal('[null]', encode { cjson.null }) end
    end)

    it('encodes and decodes 128 levels, and not one more', function()
        local function text(levels) return ('['):rep(levels) .. (']'):rep(levels) end
        assert.equal(('['):rep(127) .. '{}' .. (']'):rep(127), encode(values.nested(128)))
        fails(values.nested(129), 'nested more than 128 levels deep, or in a cycle')
        assert.equal(text(128), encode(decode(text(128))))
        assert.matches('nested more than 128 levels deep', select(2, decode(text(129))))
        assert.matches('nested more than 128 levels deep', select(2, decode(text(1000000))))
    end)

    it('decodes the last of many members of one name', function()
        local many = {}
        for i = 1, 40 do many[i] = '"k":' .. i end
        assert.same({ k = 40 }, decode('{' .. table.concat(many, ',') .. '}'))
    end)

    it('encodes and decodes long lists and large objects', function()
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

    it('tells the offset of what is no JSON', function()
        assert.matches('%(10%)$', select(2, decode '  [1,\n 2,x]'))
    end)

    it('finds what has to be escaped wherever it stands', function()
        local escapes = { ['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n', ['\31'] = '\\u001f' }
        for length = 0, 100 do
            for at = 0, length do
                local before, after = ('a'):rep(at), ('~'):rep(length - at)
                for character, escape in pairs(escapes) do
                    assert.equal('"' .. before .. escape .. after .. '"', encode(before .. character .. after))
                end
                assert.equal('"' .. before .. '\127é' .. after .. '"', encode(before .. '\127é' .. after))
            end
        end
    end)

    it('decodes nothing but strings, and points at the caller', function()
        for _, wrong in ipairs { 5, true, {}, print } do
            local ok, message = pcall(function() decode(wrong) end)
            assert.is_false(ok)
            assert.matches("json_serializer_spec.lua:%d+: bad argument #1 to 'decode' %(string expected", message)
        end
    end)
end)
