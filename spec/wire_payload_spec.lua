--- What a payload becomes on the wire, in PUBLISH and CALL alike: each row of the reference's table, in both formats.

local null = require 'loowy.null'
local played = require 'spec.support.played'
local values = require 'spec.support.values'

local marked = values.marked

-- The id of a row, its payload, and the end of the message; in MessagePack, too, where that says something else.
local SENT = {
    { '§4.8.1', 'nil', nil, '' },
    { '§4.8.2', 'false', false, ',[false]' },
    { '§4.8.2', 'true', true, ',[true]' },
    { '§4.8.2', '0', 0, ',[0]' },
    { '§4.8.2', '1.5', 1.5, ',[1.5]' },
    { '§4.8.2', 'an empty text', '', ',[""]' },
    { '§4.8.2', 'a text', 's', ',["s"]' },
    { '§4.8.3', '{}', {}, ',[],{}' },
    { '§4.8.4', '{1,2}', { 1, 2 }, ',[1,2]' },
    { '§4.8.5', '{false}', { false }, ',[false]' },
    { '§4.8.5', '{{}}', { {} }, ',[{}]', ',[[]]' },
    { '§4.8.6', '{nil,2}', { nil, 2 }, ',[],[null,2]', ',[],{2:2}' },
    { '§4.8.7', '{a=1}', { a = 1 }, ',[],{"a":1}' },
    { '§4.8.8', '{1,a=2}', { 1, a = 2 }, ',[1]' },
    { '§4.8.9', '{argsList={}}', { argsList = {} }, '' },
    { '§4.8.9', '{argsList={nil,2}}', { argsList = { nil, 2 } }, '' },
    { '§4.8.9', '{argsList={a=1}}', { argsList = { a = 1 } }, '' },
    { '§4.8.10', '{argsList={1}}', { argsList = { 1 } }, ',[1]' },
    { '§4.8.10', '{argsList=7}', { argsList = 7 }, ',[7]' },
    { '§4.8.10', '{argsList="s"}', { argsList = 's' }, ',["s"]' },
    { '§4.8.10', '{argsList=true}', { argsList = true }, ',[true]' },
    { '§4.8.11', '{argsList=false}', { argsList = false }, ',[],{"argsList":false}' },
    { '§4.8.12', '{argsDict={}}', { argsDict = {} }, ',[],{}' },
    { '§4.8.13', '{argsDict={a=1}}', { argsDict = { a = 1 } }, ',[],{"a":1}' },
    { '§4.8.14', '{argsDict=false}', { argsDict = false }, ',[],{"argsDict":false}' },
    { '§4.8.15', '{argsDict=5}', { argsDict = 5 }, ',[],5' },
    { '§4.8.15', '{argsDict={1,2}}', { argsDict = { 1, 2 } }, ',[],[1,2]' },
    { '§4.8.16', '{argsList={},argsDict={a=1}}', { argsList = {}, argsDict = { a = 1 } }, ',[],{"a":1}' },
    { '§4.8.17', '{argsList={1},argsDict={}}', { argsList = { 1 }, argsDict = {} }, ',[1],{}' },
    { '§4.8.17', '{argsList={1},argsDict={a=1}}', { argsList = { 1 }, argsDict = { a = 1 } }, ',[1],{"a":1}' },
    { '§4.8.18', '{argsList=5,argsDict={a=1}}', { argsList = 5, argsDict = { a = 1 } }, ',[5],{"a":1}' },
    { '§4.8.18', '{argsList=false,argsDict={a=1}}', { argsList = false, argsDict = { a = 1 } }, ',[false],{"a":1}' },
    { '§4.8.19', '{argsList={1},x=9}', { argsList = { 1 }, x = 9 }, ',[1]' },
    { '§4.8.20', '{1,argsList={9}}', { 1, argsList = { 9 } }, ',[1]' },
    { '§4.8.21', 'an empty table marked as a list', marked('array', {}), ',[],[]' },
    { '§4.8.22', 'an empty table marked as a dictionary', marked('object', {}), ',[],{}' },
    { '§4.8.23', '{argsDict=an empty dictionary}', { argsDict = marked('object', {}) }, ',[],{}' },
    { '§4.8.24', '{[0]=1}', { [0] = 1 }, ',[],{}', ',[],{0:1}' },
    { '§4.8.24', '{[2]=1}', { [2] = 1 }, ',[],{}', ',[],{2:1}' },
    { '§4.8.25', '{["1"]="a"}', { ['1'] = 'a' }, ',[],{"1":"a"}' },
    { '§4.8.26', 'null', null, ',[null]' },
    { '§4.8.27', '{null}', { null }, ',[null]' },
    { '§4.8.27', '{a=null}', { a = null }, ',[],{"a":null}' },
    { '§4.8.28', '{argsList=null}', { argsList = null }, ',[null]' },
    { '§4.8.28', '{argsDict=null}', { argsDict = null }, ',[],null' },
}

local REFUSED = {
    { 'a function', print }, { 'a userdata', io.stdout }, { 'a thread', coroutine.create(function() end) },
    { 'NaN', 0 / 0, json = true }, { 'infinity', 1 / 0, json = true }, { '-infinity', -1 / 0, json = true },
}

-- Where a value may stand in a payload.
local PLACES = {
    function(value) return value end,
    function(value) return { 1, value } end,
    function(value) return { a = { value } } end,
    function(value) return { argsList = { { k = value } } } end,
    function(value) return { argsDict = { k = value } } end,
}

for _, format in ipairs(played.FORMATS) do
    describe('a payload over ' .. format, function()
        local p, client

        setup(function()
            p = played.joined { transportEncoding = format }
            client = p.client
        end)
        teardown(played.close)

        -- What publish and call make of it, from the URI on.
        local function tails(payload)
            client:publish('t', payload)
            local _, published = p:request(16)
            client:call('t', payload, print)
            local _, called = p:request(48)
            assert.equal('{},"t"', published:sub(1, 6))
            assert.equal('{},"t"', called:sub(1, 6))
            return published:sub(7), called:sub(7)
        end

        for _, row in ipairs(SENT) do
            it(row[1] .. ' that is ' .. row[2], function()
                local expected = format ~= 'json' and row[5] or row[4]
                assert.same({ expected, expected }, { tails(row[3]) })
            end)
        end

        for _, row in ipairs(REFUSED) do
            local refused = format == 'json' or not row.json
            it('§4.8.29 with ' .. row[1] .. (refused and ' raises an error' or ' is sent'), function()
                for _, place in ipairs(PLACES) do
                    for _, method in ipairs { 'publish', 'call' } do
                        local ok = pcall(client[method], client, 't', place(row[2]), print)
                        assert.equal(not refused, ok)
                        if ok then p:heard() end
                    end
                end
                p:silent()
            end)
        end
    end)
end
