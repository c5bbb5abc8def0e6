--- What a client makes of frames that are no messages, of messages that mean nothing to it, and of arguments that
-- cannot be read.

local misbehaving = require 'spec.support.misbehaving'

local object = misbehaving.object
local function array(value) return setmetatable(value, { __jsontype = 'array' }) end

local function say(faulty, case)
    faulty:say(case[1])
end

-- What the router says is heard as an event, with these arguments.
local function say_event(faulty, case)
    faulty:say(case[1])
    local event = faulty.box:expect 'event'
    assert.same({ case.list, case.dict }, { event.argsList, event.argsDict })
end

local function with(cases, values)
    for _, case in ipairs(cases) do
        for name, value in pairs(values) do
            if case[name] == nil then case[name] = value end
        end
    end
    return cases
end

describe('a router that does not keep to WAMP', function()
    after_each(misbehaving.close)

    it('§6.1 Q02 JSON that is no message breaks the protocol', function()
        misbehaving.beside():plays(with({
            { '' }, { ' ' }, { 'x' }, { '{}' }, { '[]' }, { '5' }, { 'null' }, { '"[36,5,1,{}]"' }, { '[' }, { '[36' },
            { '[36,5,1,{}' }, { '[36,5,1,{}]]' }, { '[36,5,1,{}] [36,5,1,{}]' }, { '[36,5,1,{}],' },
            { '[36,5,1,{},]' },
            { '[[36],5,1,{}]' }, { '[{"36":1},5]' }, { '[36,5,1,{"a":}]' }, { '[36,5,1,{a:1}]' },
            { "[36,5,1,{'a':1}]" },
            { '[36,5,1,{"a" 1}]' }, { '[36,5,1,{1:1}]' }, { '[036,5,1,{}]' }, { '[+36,5,1,{}]' }, { '[0x24,5,1,{}]' },
            { '[36,5,1,{},[01]]' }, { '[36,5,1,{},[NaN]]' }, { '[36,5,1,{},[Infinity]]' },
            { '[36,5,1,{},[undefined]]' }, { '[36,5,1,{},["a\nb"]]' }, { '[36,5,1,{},["\\x"]]' },
            { '[36,5,1,{},["\\u12"]]' }, { '[36,5,1,{},["' },
            { '[36,5,1,{}]\0' }, { '\0[36,5,1,{}]' }, { '\239\187\191[36,5,1,{}]' }, { '[36,5,1,{}] // comment' },
            { ('['):rep(100000) }, { ('[36,5,1,{"a":'):rep(10000) },
            { '[36,5,1,{"a":' .. ('['):rep(1000) .. (']'):rep(1000) .. '}]' }, { '[36,5,1,{"a":"\\ud800"}]' },
            { '[3,{},"\\udc00"]' }, { '[36,5,1,{"a":1e999}]' }, { '["36",5,1,{}]' }, { '[36.5,5,1,{}]' },
            { '[-36,5,1,{}]' }, { '[null,5,1,{}]' }, { '[1e300,5,1,{}]' },
        }, { violation = '…' }), say)
    end)

    it('§6.1 Q02 MessagePack that is no message breaks the protocol', function()
        misbehaving.beside(nil, 'msgpack'):plays(with({
            { '' }, { 'x' }, { '\192' }, { '\144' }, { '\128' }, { '\193' }, { '\220' }, { '\221\255\255\255\255' },
            { '\223\255\255\255\255' }, { '\148$\5\1' }, { '\148$\5\1\128\192' }, { '\148$\5\1\129\5\5' },
            { '\148$\5\1\129\161a' }, { '\148$\5\1\129\161\255\1' }, { '\148$\5\1\129\161a\161\255' },
            { '\148$\5\1\129\161a\199\1\5x' }, { '\149$\5\1\128\193' }, { '\149$\5\1\128\219\255\255\255\255' },
            { '\149$\5\1\128\145\220\255\255' }, { ('\145'):rep(100000) }, { ('\221\255\255\255\255'):rep(10000) },
            { '\148$\5\1\129\161a' .. ('\145'):rep(1000) .. '\192' }, { '[36,5,1,{}]' }, { '\148\16136\5\1\128' },
            { '\148\202\66\17\0\0\5\1\128' }, { '\148\196\001$\5\1\128' }, { '\148\220$\5\1' },
            { '\148$\196\1\5\1\128' },
            { '\148$\203\127\248\0\0\0\0\0\0\1\128' },
        }, { violation = '…' }), say)
    end)

    it('§6.1 what is odd but can be read is taken', function()
        misbehaving.beside():plays(with({
            { '[36,5.0,1e0,{},["x"]]', list = { 'x' } }, { '[36,5,1,[],["x"]]', list = { 'x' } },
            { '[36,5,1,{},["x"],{"k":1},8,9,10,11,12]', list = { 'x' }, dict = { k = 1 } },
            { '[36,5,9007199254740992,{},[1e308]]', list = { 1e308 } },
            { '[36,5,1,{"publisher":null,"own":[[[]]],"Own-Key":{}},["x"]]', list = { 'x' } },
            { '[36,5,1,{"topic":"a","topic":"b"},[{"k":1,"k":2}]]', list = { { k = 2 } } },
            { '[3.6e1,5,1,{},["\\ud83d\\ude00\\u0000"]]', list = { '\240\159\152\128\0' } },
            { '\n[ 36 ,\t5,\r\n1,{ } , [ "x" ] ] ', list = { 'x' } },
            { '[36,5,1,{},[' .. ('['):rep(90) .. (']'):rep(90) .. ']]', deep = true },
        }, { next = 'goes on' }), function(faulty, case)
            if not case.deep then return say_event(faulty, case) end
            faulty:say(case[1])
            faulty.box:expect 'event'
        end)
        misbehaving.beside(nil, 'msgpack'):plays(with({
            { '\149$\203\64\20\0\0\0\0\0\0\1\128\145\161x', list = { 'x' } }, { '\220\0\5\205\0$\5\1\144\145\161x',
                list = { 'x' } },
            { '\221\0\0\0\5\204$\206\0\0\0\5\207\0\0\0\0\0\0\0\1\222\0\0\220\0\1\217\1x', list = { 'x' } },
            { '\149$\5\1\128\145\130\161k\1\161k\2', list = { { k = 2 } } },
        }, { next = 'goes on' }), say_event)
    end)

    it('§6.1 arguments that cannot be read are told, and nothing else is lost', function()
        local unread = { next = 'goes on', error = 'cannot read an event: …' }
        misbehaving.beside():plays(with({
            { '[36,5,1,{},["\\ud800"]]' }, { '[36,5,1,{},["\\udc00\\ud800"]]' }, { '[36,5,1,{},[{"\\ud800":1}]]' },
            { '[36,5,1,{},[1e999]]' }, { '[36,5,1,{},' .. ('['):rep(5000) .. (']'):rep(5000) .. ']' },
            { '[36,5,1,{},[],{"\\ud800":1}]' }, { '[36,5,1,{},[],{"a":' .. ('{"a":'):rep(5000) .. '1' .. ('}'):rep(5001)
                .. ']' },
        }, unread), say)
        misbehaving.beside(nil, 'msgpack'):plays(with({
            { '\149$\5\1\128' .. ('\145'):rep(5000) .. '\192' },
        }, unread), say)
    end)

    it('§6.1 an invocation whose arguments cannot be read is answered', function()
        local faulty = misbehaving.beside()
        faulty:plays({ { '[68,99,7,{},["\\ud800"]]', error = 'cannot read an invocation: …', next = 'goes on' } },
            function(_, case)
                faulty:say(case[1])
                faulty.client:poll(20)
                local answer = faulty:heard(8)
                assert.same({ 68, 99, 'wamp.error.invalid_argument' }, { answer[2], answer[3], answer[5] })
            end)
    end)

    it('§6.2 an answer to a call whose arguments cannot be read is its failure', function()
        local faulty = misbehaving.beside()
        for _, bad in ipairs { '["\\ud800"]', '[1e999]', '[],{"a":"\\ud800"}' } do
            faulty.client:call('a.b', nil, faulty.box:callbacks('onSuccess', 'onError'))
            faulty:say(('[50,%d,{},%s]'):format(faulty:heard(48)[2], bad))
            assert.equal('wamp.error.invalid_argument', faulty.box:expect('onError').error)
            faulty.client:call('a.b', nil, faulty.box:callbacks('onSuccess', 'onError'))
            faulty:say(('[8,48,%d,{},"an.error",%s]'):format(faulty:heard(48)[2], bad))
            assert.equal('an.error', faulty.box:expect('onError').error)
        end
        faulty:works()
    end)

    it('§6.1 payloads of other types are handed over as they are', function()
        for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
            local faulty, cases = misbehaving.beside(nil, format), {}
            for _, list in ipairs { 'text', 5, 1.5, true, object { a = 1 } } do
                cases[#cases + 1] = { { 36, 5, 1, object {}, list }, list = list }
                cases[#cases + 1] = { { 36, 5, 1, object {}, array {}, list }, list = {}, dict = list }
            end
            faulty:plays(with(cases, { next = 'goes on' }), say_event)
            for _, list in ipairs { 'text', 5, true, object { a = 1 } } do
                faulty.client:call('a.b', nil, faulty.box:on 'result')
                faulty:say { 50, faulty:heard(48)[2], object {}, list, list }
                local args, kwargs = faulty.box:expect 'result'
                assert.same({ list, list }, { args, kwargs })
                faulty:say { 68, 50, 7, object {}, list }
                faulty:hears_event()
                assert.equal(70, faulty:heard(70)[1])
            end
            faulty:works()
            misbehaving.close()
        end
    end)

    it('§6.1 what means nothing to the client is ignored', function()
        for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
            misbehaving.beside(nil, format):plays(with({
                { { 17, 99, 1 } }, { { 33, 99, 1 } }, { { 35, 99 } }, { { 65, 99, 1 } }, { { 67, 99 } },
                { { 36, 99, 1, {} } }, { { 50, 99, {} } }, { { 50, 99, { progress = true } } }, { { 69, 99, {} } },
                { { 35, 0 } }, { { 67, 0 } },
                { { 35, 0, { subscription = 99 } } }, { { 67, 0, { registration = 99 } } },
                { { 8, 48, 99, {}, 'x' } }, { { 8, 32, 99, {}, 'x' } }, { { 8, 49, 1, {}, 'x' } },
                { { 8, 68, 1, {}, 'x' } }, { { 8, 0, 1, {}, 'x' } }, { { 8, 1234, 1, {}, 'x' } },
                { { 8, 2 ^ 53, 1, {}, '' } },
                -- Only clients send these.
                { { 1, 'realm1', {} } }, { { 5, 'signature', {} } }, { { 16, 1, {}, 'a.topic' } },
                { { 32, 1, {}, 'a.topic' } }, { { 34, 1, 5 } }, { { 48, 1, {}, 'a.procedure' } }, { { 49, 1, {} } },
                { { 64, 1, {}, 'a.procedure' } }, { { 66, 1, 7 } }, { { 70, 1, {} } },
                -- Nobody knows these.
                { { 0 } }, { { 7 } }, { { 37, 'x' } }, { { 255 } }, { { 256, {} } }, { { 1023 } }, { { 2 ^ 53 } },
                -- The session is open already.
                { { 2, 99, {} } }, { { 2, 100001, { roles = {} } } },
            }, { next = 'goes on' }), say)
            misbehaving.close()
        end
    end)

    it('§6.1 an invocation of nothing is answered', function()
        local faulty = misbehaving.beside()
        faulty:plays({ { { 68, 99, 98, {} }, next = 'goes on' } }, function(_, case)
            faulty:say(case[1])
            faulty:hears_event()
            assert.equal(19, faulty.client:getOpStatus().code)
            local answer = faulty:heard(8)
            assert.same({ 68, 99, 'wamp.error.no_such_procedure' }, { answer[2], answer[3], answer[5] })
        end)
    end)
end)
