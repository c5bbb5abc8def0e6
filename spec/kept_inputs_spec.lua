--- What the fuzzer has found for the decoders of the crates, once more on the way to Lua's stack and back.

local core = require 'loowy_core'

local ESCAPES = { n = '\n', r = '\r', t = '\t', ['\\'] = '\\' }

local function unescaped(line)
    line = line:gsub('\\(.)(%x?%x?)', function(kind, digits)
        if kind == 'x' then return string.char(tonumber(digits, 16)) end
        return ESCAPES[kind] .. digits
    end)
    return line
end

-- The value as text: members may come in any order, and keys may be tables. JSON writes 1.0 and -0.0 as integers.
local function shown(value)
    if type(value) == 'number' then return ('number %.17g'):format(value == 0 and 0 or value) end
    if type(value) ~= 'table' then return type(value) .. ' ' .. tostring(value) end
    local members = {}
    for k, v in pairs(value) do members[#members + 1] = shown(k) .. ' = ' .. shown(v) end
    table.sort(members)
    return '{ ' .. table.concat(members, ', ') .. ' }'
end

-- Null is nil in the binary formats, so a list may have holes, and then ends for Lua where one of them begins.
local function has_holes(value)
    if type(value) ~= 'table' then return false end
    local count = 0
    for k, v in pairs(value) do
        if has_holes(k) or has_holes(v) then return true end
        count = count + 1
    end
    return getmetatable(value).__jsontype == 'array' and (count ~= #value or value[count + 1] ~= nil)
end

local function check(format, bytes)
    local value, message = core.decode(format, bytes)
    if value == nil then return message ~= nil and 'refused' or 'nothing' end
    local written, why = core.encode(format, value)
    if not written then return 'not written: ' .. why end
    if has_holes(value) then return 'holes' end
    local again = core.decode(format, written)
    assert.equal(shown(value), shown(again))
    return 'read'
end

describe('a kept input of the fuzzer', function()
    for _, case in ipairs { { 'json', 'json' }, { 'msgpack', 'msgpack' }, { 'cbor', 'cbor' },
        { 'transcode', 'json' }, { 'transcode', 'msgpack' }, { 'transcode', 'cbor' } } do
        it(('of %s is read as %s and written again, or refused'):format(case[1], case[2]), function()
            local counts = { read = 0, refused = 0 }
            for line in io.lines('fuzz/kept/' .. case[1]) do
                local outcome = check(case[2], unescaped(line))
                counts[outcome] = (counts[outcome] or 0) + 1
            end
            assert.truthy(counts.read > 20 and counts.refused > 20, counts.read .. ' ' .. counts.refused)
        end)
    end
end)
