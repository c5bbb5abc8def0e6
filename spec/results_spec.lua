--- What `onSuccess` of a call is given: two arguments, which serve those who read lists and those who read one table.

local json = require 'loowy.json_serializer'
local played = require 'spec.support.played'
local spy = require 'luassert.spy'
local vardump = require 'loowy.vardump'

local function counted(...)
    return select('#', ...), ...
end

for _, format in ipairs(played.FORMATS) do
    describe('the result of a call over ' .. format, function()
        local s

        before_each(function() s = played.joined { transportEncoding = format } end)
        after_each(played.close)

        local function called()
            s.client:call('x.y', nil, s.box:callbacks('onSuccess', 'onError'), { receive_progress = true })
            return s:request(48)
        end

        -- What onSuccess is given for a RESULT with those details and arguments; always two values.
        local function result(tail)
            local count, list, dict = counted(s:told('onSuccess', ('[50,%d,%s]'):format(called(), tail)))
            assert.equal(2, count)
            return list, dict
        end

        it('§6.2.1 has exactly two arguments, the list and the dictionary', function()
            for tail, expected in pairs {
                ['{}'] = {}, ['{},[]'] = { {} }, ['{},[1,2]'] = { { 1, 2 } },
                ['{},[],{"k":1}'] = { {}, { k = 1 } }, ['{"x":1},[1],{"k":1}'] = { { 1 }, { k = 1 } },
            } do
                local list, dict = result(tail)
                assert.same(expected[1], list)
                assert.same(expected[2], dict)
            end
            local on_success = spy.new(function() end)
            s.client:call('x.y', nil, function(...) on_success(...) s.box:on 'told' () end)
            s:told('told', ('[50,%d,{"d":1},[1,"a"],{"k":2}]'):format(s:request(48)))
            assert.spy(on_success).was_called_with({ 1, 'a' }, { k = 2 })
        end)

        it('§6.2.2 is one table for those who ask it for argsList, argsDict and details', function()
            local list, dict = result '{"d":1},[1,"a"],{"k":2}'
            assert.equal(list, list.argsList)
            assert.equal(dict, list.argsDict)
            assert.same({ d = 1 }, list.details)
            assert.is_nil(list.other)
            assert.same({ 1, 'a' }, list)
            assert.equal(2, #list)
            assert.equal('a', list[2])
            assert.is_nil(rawget(list, 'argsList'))
            local keys = {}
            for key in pairs(list) do keys[#keys + 1] = key end
            assert.same({ 1, 2 }, keys)
            local values = {}
            for _, value in ipairs(list) do values[#values + 1] = value end
            assert.same({ 1, 'a' }, values)
            assert.same({ k = 2 }, (result('{},[],{"k":2}')).argsDict)
        end)

        it('§6.2.3 looks and is encoded like any list that was received', function()
            local plain = json.decode '[1,"a"]'
            local list = result '{},[1,"a"],{"k":2}'
            assert.equal(getmetatable(plain), getmetatable(list))
            assert.equal(vardump.getdump(plain), vardump.getdump(list))
            assert.equal('[1,"a"]', json.encode(list))
            assert.equal('[]', json.encode((result '{},[]')))
            local found, rapidjson = pcall(require, 'rapidjson')
            if found then assert.equal('[]', rapidjson.encode((result '{},[]'))) end
            s.client:publish('t', { argsList = list, argsDict = { again = list } })
            s:expect '[16,3,{},"t",[1,"a"],{"again":[1,"a"]}]'
        end)

        it('§6.2.4 is nil and nil where there is none, or an empty table on request', function()
            for _, none in ipairs { '{}', '{"d":1}' } do
                local list, dict = result(none)
                assert.is_nil(list)
                assert.is_nil(dict)
            end
            s.client:options { resultTable = true }
            local list, dict = result '{"d":1}'
            assert.same({}, list)
            assert.is_nil(dict)
            assert.equal(list, list.argsList)
            assert.is_nil(list.argsDict)
            assert.same({ d = 1 }, list.details)
        end)

        it('§6.2.5 comes in the same shape each time, progressive or final', function()
            local number = called()
            for i, details in ipairs { '{"progress":true}', '{"progress":true,"d":1}', '{"progress":false}' } do
                local count, list, dict =
                    counted(s:told('onSuccess', ('[50,%d,%s,[%d],{"k":%d}]'):format(number, details, i, i)))
                assert.equal(2, count)
                assert.same({ { i }, { k = i } }, { list, dict })
                assert.equal(list, list.argsList)
                assert.equal(dict, list.argsDict)
                assert.equal(i < 3, list.details.progress)
            end
            s.client:cancel(number)
            assert.equal(20, s.client:getOpStatus().code)
        end)
    end)
end
