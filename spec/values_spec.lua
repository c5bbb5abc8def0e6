--- Every kind of value on its way out and in: through the serializers, and through a session, in all formats.

local cbor = require 'loowy.cbor_serializer'
local json = require 'loowy.json_serializer'
local msgpack = require 'loowy.msgpack_serializer'
local cbor_of = require('spec.support.cbor').of_msgpack
local rows = require 'spec.support.value_rows'
local played = require 'spec.support.played'
local values = require 'spec.support.values'

local SERIALIZERS = { json = json, msgpack = msgpack, cbor = cbor }

-- Bytes as the rows write them.
local function shown(format, bytes)
    return format == 'json' and bytes or values.hex(bytes)
end

-- CBOR is in the rows as MessagePack.
local function in_format(format, digits)
    if format == 'json' then return digits end
    digits = digits:gsub(' ', '')
    return format == 'cbor' and values.hex(cbor_of(values.unhex(digits))) or digits
end

-- All that are good, as a set; nothing when the row says nothing of that format.
local function wanted(row, format)
    local expected = row[format == 'json' and 4 or 5]
    if type(expected) ~= 'table' then expected = { expected } end
    local set = {}
    for _, one in ipairs(expected) do set[in_format(format, one)] = true end
    return set, expected.refused
end

for _, format in ipairs(played.FORMATS) do
    describe('a value written in ' .. format, function()
        local s

        setup(function() s = played.joined { transportEncoding = format } end)
        teardown(played.close)

        local function encode(value)
            return shown(format, SERIALIZERS[format].encode(value))
        end

        -- What a publication of that value carries, between the bytes that are the same for all.
        local function publish(value)
            s.client:publish('t', { argsList = { 1, value } })
            local number = s.client:getOpStatus().reqId
            local heard = shown(format, s.peer:receive())
            local zero = in_format(format, ('9510%s80a174920100'):format(values.hex(msgpack.encode(number))))
            local pattern = format == 'json' and ('^%%[16,%d,{},"t",%%[1,(.*)%%]%%]$'):format(number)
                or ('^%s(.*)$'):format(zero:sub(1, -3))
            return assert(heard:match(pattern), heard)
        end

        local function refuses(run, value, message)
            local before = s.client:getOpStatus()
            local ok, raised = pcall(run, value)
            assert.is_false(ok)
            assert.truthy(raised:find(message, 1, true), raised)
            assert.equal(before, s.client:getOpStatus())
        end

        for _, row in ipairs(rows.written) do
            local good, refused = wanted(row, format)
            if refused then
                it(('%s %s: %s; nothing is sent'):format(row[1], row[2], refused), function()
                    refuses(encode, row[3], refused)
                    refuses(publish, row[3], refused)
                    refuses(function(value) s.client:call('x.y', { a = value }, print) end, row[3], refused)
                    assert.equal(in_format(format, format == 'json' and '0' or '00'), publish(0))
                end)
            elseif next(good) then
                it(('%s %s'):format(row[1], row[2]), function()
                    local bytes = encode(row[3])
                    assert.truthy(good[bytes], bytes)
                    assert.equal(bytes, publish(row[3]))
                end)
            end
        end

        it('§9.1.15 names and keys are strings like all others', function()
            local name, key = ('n'):rep(40), ('k'):rep(255)
            s.client:publish(name, { argsDict = { [key] = 0 } })
            local expected = (',{},"%s",[],{"%s":0}]'):format(name, key)
            if format ~= 'json' then
                local rest = { '80', 'da0028' .. values.hex(name), '90', '81da00ff' .. values.hex(key) .. '00' }
                for i, digits in ipairs(rest) do rest[i] = in_format(format, digits) end
                expected = table.concat(rest)
            end
            local heard = shown(format, s.peer:receive())
            assert.equal(expected, heard:sub(-#expected))
        end)

        it('§9.1.1 nil', function()
            assert.equal(format == 'json' and 'null' or in_format(format, 'c0'), encode(nil))
        end)
    end)
end

describe('a value read from JSON', function()
    local s

    setup(function()
        s = played.joined()
        s.client:subscribe('t', s.box:on 'onEvent')
        s:expect '[32,1,{},"t"]'
        s:say '[33,1,5]'
    end)
    teardown(played.close)

    for _, row in ipairs(rows.read_json) do
        it(('%s %s'):format(row[1], row[2]), function()
            row[3](json.decode(row[2]))
            row[3](s:told('onEvent', ('[36,5,1,{},[%s]]'):format(row[2])).argsList[1])
            row[3](s:told('onEvent', ('[36,5,1,{},[],{"k":%s}]'):format(row[2])).argsDict.k)
        end)
    end

    for _, row in ipairs(rows.no_json) do
        it(('%s refuses %q'):format(row[1], row[2]), function()
            local value, message = json.decode(row[2])
            assert.is_nil(value)
            assert.matches('^.+ %(%d+%)$', message)
        end)
    end

    it('§9.2.1 is written again as what it was', function()
        for _, text in ipairs { '[[],{},[{}]]', '{"a":[]}', '[null,{"a":{}}]' } do
            assert.equal(text, json.encode(json.decode(text)))
            local event = s:told('onEvent', ('[36,5,1,{},[%s],{"k":%s}]'):format(text, text))
            s.client:publish('t', { argsList = event.argsList, argsDict = event.argsDict })
            assert.matches((',[%s],{"k":%s}]'):format(text, text), s:heard(), 1, true)
        end
    end)
end)

-- A client that is subscribed before each spec, and what it makes of bytes.
local function subscribed(encoding)
    local s
    before_each(function()
        s = played.joined { transportEncoding = encoding }
        s.client:subscribe('t', s.box:on 'onEvent')
        s:expect '[32,1,{},"t"]'
        s:say '[33,1,5]'
    end)
    after_each(played.close)

    local sent = {}

    function sent.told(digits)
        s.peer:send(values.unhex(digits))
        return s.box:expect 'onEvent'
    end

    function sent.ends(digits)
        s.peer:send(values.unhex(digits))
        assert.equal('wamp.error.protocol_violation', s.box:expect('onError').error)
        assert.matches('^%[3,.*,"wamp.error.protocol_violation"%]$', s:heard())
    end

    function sent.reports(digits, problem)
        s.peer:send(values.unhex(digits))
        assert.matches(problem, s.box:expect('onError').error)
    end

    return sent
end

local function refuses(decode, digits, problem)
    local ok, message = pcall(decode, values.unhex(digits))
    assert.is_false(ok)
    assert.truthy(message:find(problem, 1, true), message)
end

describe('a value read from MessagePack', function()
    local sent = subscribed 'msgpack'
    local told = sent.told

    for _, row in ipairs(rows.read_msgpack) do
        it(('%s %s'):format(row[1], row[2]), function()
            row[3](msgpack.decode(values.unhex(row[2])))
            row[3](told('9524050180' .. '91' .. row[2]).argsList[1])
            row[3](told('9624050180' .. '90' .. '81a16b' .. row[2]).argsDict.k)
        end)
    end

    for _, row in ipairs(rows.no_msgpack) do
        it(('%s refuses %s: %s'):format(row[1], row[2], row[3]), function()
            refuses(msgpack.decode, row[2], row[3])
            sent.ends('9524050180' .. (row[2] == '' and '' or '91') .. row[2])
        end)
    end

    it('§9.2.9 nil in place of arguments is none', function()
        assert.same({ details = {} }, told('9524050180c0'))
        assert.same({ details = {}, argsList = {} }, told('962405018090c0'))
    end)
end)

describe('a value read from CBOR', function()
    local sent = subscribed 'cbor'
    local told = sent.told

    for _, row in ipairs(rows.read_cbor) do
        it(('%s: %s'):format(row[1], row[2]), function()
            row[3](cbor.decode(values.unhex(row[2])))
            row[3](told('85182405 01a0' .. '81' .. row[2]).argsList[1])
            row[3](told('9f182405 01bfff' .. '9fff' .. 'bf7f616bff' .. row[2] .. 'ffff').argsDict.k)
        end)
    end

    for _, row in ipairs(rows.no_cbor) do
        it(('refuses %s: %s'):format(row[1]:sub(1, 40), row[2]), function()
            refuses(cbor.decode, row[1], row[2])
            sent.ends('8518240501a0' .. (row[1] == '' and '' or '81') .. row[1])
        end)
    end

    for _, row in ipairs(rows.strange_cbor) do
        it(('refuses %s: %s'):format(row[1]:sub(1, 40), row[2]), function()
            refuses(cbor.decode, row[1], row[2])
            sent.reports('8518240501a081' .. row[1], 'cannot read an event: .*' .. row[2])
            assert.same({ 7 }, told('8518240501a08107').argsList)
        end)
    end

    it('null in place of arguments is none', function()
        assert.same({ details = {} }, told('8518240501a0f6'))
        assert.same({ details = {}, argsList = {} }, told('8618240501a080f6'))
    end)
end)
