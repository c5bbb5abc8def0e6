--- The functions of the module itself, and that nothing a program or a peer hands in can break it.

local core = require 'loowy_core'
local helper = require 'spec.helper'
local values = require 'spec.support.values'

-- The same numbers on every Lua and in every run.
local function random_bytes(seed)
    local state = seed
    local function next_byte(limit)
        state = (state * 1103515245 + 12345) % 2147483648
        return math.floor(state / 65536) % limit
    end
    return next_byte
end

describe('loowy_core', function()
    it('has a version', function()
        assert.matches('^1%.%d+%.%d+', core._VERSION)
    end)

    it('loads again as the same table', function()
        assert.equal(core, require 'loowy_core')
    end)

    describe('misuse is raised, at the line of the caller', function()
        local MISUSES = {
            { 'an unknown format', function() core.encode('ubjson', 1) end,
                "the format must be 'json', 'msgpack' or 'cbor', not string" },
            { 'no format', function() core.decode() end, 'the text to decode must be a string, not nothing' },
            { 'decode of a number', function() core.decode('json', 5) end,
                'the text to decode must be a string, not number' },
            { 'null as a table', function() core.set_null {} end, 'null must be a userdata or a function, not table' },
            { 'metatables that are none', function() core.set_metatables({}, 5) end,
                'the metatable of dictionaries must be a table, not number' },
            { 'an unknown match policy', function() core.check_uri('a', 'fuzzy', 'loose') end,
                "the match policy must be 'exact', 'prefix' or 'wildcard', not string" },
            { 'an unknown rule', function() core.check_uri('a', 'exact', 'lax') end,
                "the rule must be 'loose' or 'strict', not string" },
            { 'nothing to sweep', function() core.sweep() end, 'what to sweep must be a table, not nothing' },
            { 'a secret that is no text', function() core.wampcra_sign({}, {}) end,
                'the secret must be a string of UTF-8 text, not table' },
            { 'a router without options', function() core.router() end, 'the options must be a table, not nothing' },
            { 'a topic that is no text', function() core.client():publish({}) end,
                'the topic must be a string of UTF-8 text, not table' },
            { 'a topic that is no UTF-8', function() core.client():publish '\255' end,
                'the topic must be a string of UTF-8 text, not string' },
            { 'options that are no table', function() core.client():subscribe(1, 'a', 5) end,
                'the options must be a table, not number' },
            { 'a number that is negative', function() core.client():subscribe(-1, 'a') end,
                'the number must be a non-negative integer, not number' },
            { 'a time that is no number', function() core.client():wait 'long' end,
                'the time must be a number of seconds, not string' },
        }

        for _, misuse in ipairs(MISUSES) do
            it(misuse[1], function()
                local ok, message = pcall(misuse[2])
                assert.is_false(ok)
                assert.matches('core_spec.lua:%d+: ', message)
                assert.truthy(message:find(misuse[3], 1, true), message)
            end)
        end

        it('also in a coroutine, and the coroutine goes on', function()
            local thread = coroutine.wrap(function()
                local ok = pcall(core.encode, 'ubjson', 1)
                coroutine.yield(ok)
                return core.encode('json', { 1 })
            end)
            assert.is_false(thread())
            assert.equal('[1]', thread())
        end)
    end)

    describe('null', function()
        it('is light userdata, equal to itself and true', function()
            assert.equal('userdata', type(core.null))
            assert.truthy(core.null)
            assert.equal('null', core.encode('json', core.null))
        end)

        it('can be replaced, for both directions, and NULL still counts', function()
            local output = helper.run_program [[
                local core = require 'loowy_core'
                core.set_null(io.stdout)
                print(core.decode('json', '[null]')[1] == io.stdout, core.encode('json', { io.stdout, core.null }))
                core.set_null(print)
                print(core.decode('json', 'null') == print, core.encode('msgpack', print) == '\192')
                print(core.encode('json', io.stdout))
            ]]
            assert.equal('true\t[null,null]\ntrue\ttrue\nnil\tuserdata cannot be encoded\n', output)
        end)
    end)

    it('uses the metatables that are set from then on', function()
        local output = helper.run_program [[
            local core = require 'loowy_core'
            local array, object = { __jsontype = 'array' }, { __jsontype = 'object' }
            core.set_metatables(array, object)
            local list, object_of_msgpack = core.decode('json', '[]'), core.decode('msgpack', '\128')
            print(getmetatable(list) == array, getmetatable(object_of_msgpack) == object)
        ]]
        assert.equal('true\ttrue\n', output)
    end)

    it('takes null and the metatables of lua-rapidjson where it is installed (Z01, Z02, §11.2)', function()
        local output = helper.run_program [[
            local array, object = { __jsontype = 'array' }, { __jsontype = 'object' }
            package.preload.rapidjson = function()
                return {
                    null = io.stderr,
                    array = function() return setmetatable({}, array) end,
                    object = function() return setmetatable({}, object) end,
                }
            end
            local json, marks = require 'loowy.json_serializer', require 'loowy.marks'
            print(require 'loowy.null' == io.stderr, json.decode '[null]'[1] == io.stderr, json.encode(io.stderr))
            print(getmetatable(json.decode '[]') == array, marks.array == array, marks.object == object)
        ]]
        assert.equal('true\ttrue\tnull\ntrue\ttrue\ttrue\n', output)
    end)

    it('checks URIs', function()
        assert.is_true(core.check_uri('a.b', 'exact', 'strict'))
        assert.is_true(core.check_uri('a.b-c', 'exact', 'loose'))
        assert.is_false(core.check_uri('a.b-c', 'exact', 'strict'))
        assert.is_false(core.check_uri('a..b', 'exact', 'loose'))
        assert.is_true(core.check_uri('a..b', 'wildcard', 'loose'))
        assert.is_false(core.check_uri('a b', 'exact', 'loose'))
        assert.is_false(core.check_uri(nil, 'exact', 'loose'))
    end)

    it('sweeps what is false out of a table', function()
        local swept = { 1, false, true, [1000] = false, a = false, b = 'false' }
        assert.equal(3, core.sweep(swept))
        assert.same({ 1, nil, true, b = 'false' }, swept)
        assert.equal(3, core.sweep(swept))
        assert.equal(0, core.sweep {})
    end)

    it('signs WAMP-CRA challenges, with and without salt', function()
        assert.equal('oeUF6Wxqoezggrue+wbIDxKRPSF6esKwizR2MHh9HaA=',
            core.wampcra_sign('secret', { challenge = 'challenge' }))
        local salted = { challenge = 'c', salt = 's', iterations = 10, keylen = 32 }
        assert.equal('dTTe3knT05t/pr6PaQfX8WEg4b0MLEyO4G5Vncn0xbQ=', core.wampcra_sign('secret', salted))
        salted.keylen = nil
        assert.equal('dTTe3knT05t/pr6PaQfX8WEg4b0MLEyO4G5Vncn0xbQ=', core.wampcra_sign('secret', salted))
        assert.same({ nil, "the challenge's challenge is missing or of the wrong type" },
            { core.wampcra_sign('s', {}) })
    end)

    describe('whatever comes in', function()
        local SEEDS = { '[1,"a\\u0000\\ud83d\\ude00",{"k":[null,true,1.5e3]},[]]', '{"a":{"b":[{"c":"\\u0000AQID"}]}}',
            values.unhex '94 01 a3616263 82 a16b 93c0c3cb3ff8000000000000 07 c40101 dc000201d9026162',
            values.unhex 'df00000002 a161 ca3fc00000 c0 d4 01 02',
            values.unhex '84 01 7f61616162ff bf 616b 9ff6f5f93e00ff 07 c24101 ff d9d9f7 1a00000001' }

        -- Neither raises nor leaves anything behind; what it does decode can be encoded again.
        local function survives(format, bytes)
            local value, message = core.decode(format, bytes)
            assert(value ~= nil or message == nil or type(message) == 'string')
            if value ~= nil then assert(core.encode('msgpack', value)) end
        end

        for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
            it('random bytes as ' .. format, function()
                for seed = 1, 3000 do
                    local random = random_bytes(seed)
                    local bytes = {}
                    for i = 1, random(40) do bytes[i] = string.char(random(256)) end
                    survives(format, table.concat(bytes))
                end
            end)

            it('damaged and cut values as ' .. format, function()
                for seed = 1, 3000 do
                    local random = random_bytes(seed)
                    local text = SEEDS[random(#SEEDS) + 1]
                    local at = random(#text) + 1
                    text = text:sub(1, at - 1) .. string.char(random(256)) .. text:sub(at + 1)
                    survives(format, text)
                    survives(format, text:sub(1, random(#text + 1)))
                end
            end)
        end
    end)

    it('encodes what it decoded as it was', function()
        for _, text in ipairs { '[1,"a",{"k":[true,null]},[],{}]', '"\\u0000//4="', '{"a":{"a":{"a":{}}}}', '-0.5' } do
            local value = core.decode('json', text)
            assert.equal(text, core.encode('json', value))
            for _, format in ipairs { 'msgpack', 'cbor' } do
                local again = core.decode(format, core.encode(format, value))
                assert.equal((text:gsub('%[true,null%]', '[true]')), core.encode('json', again))
            end
        end
    end)

    it('leaves nothing on the stack when it fails', function()
        local value = { 1, { 2, { a = { print } } } }
        for _ = 1, 100000 do
            core.encode('json', value)
        end
        local function nested(...)
            return select('#', core.encode('json', value)), select('#', core.decode('json', '[1,[2')), select('#', ...)
        end
        assert.same({ 2, 2, 3 }, { nested(1, 2, 3) })
    end)

    it('raises when memory runs out, and goes on', function()
        if not io.open '/proc/self/statm' then
            return
        end
        local output = helper.run_program([[
            local core = require 'loowy_core'
            local text = '[' .. ('{"a":1,"b":["x","y\\n"]},'):rep(200000) .. '1]'
            for _ = 1, 3 do
                local ok, message = pcall(core.decode, 'json', text)
                io.write(tostring(ok), ' ', tostring(message):match 'not enough memory' or '?', '\n')
                collectgarbage()
            end
            print(core.encode('json', { 1 }))
        ]], nil, 'ulimit -v 50000;')
        assert.equal('false not enough memory\nfalse not enough memory\nfalse not enough memory\n[1]\n', output)
    end)

    it('stays loaded when its Lua state is closed', function()
        local library = package.cpath:match '[^;]*build[^;]*%?%.so'
        if not library then
            return
        end
        local pipe = io.popen(("readelf -d '%s' 2>/dev/null"):format((library:gsub('%?', 'loowy_core'))))
        local dynamic = pipe:read '*a'
        pipe:close()
        if dynamic ~= '' then
            assert.matches('NODELETE', dynamic)
        end
    end)

    it('is closed with its clients and routers in any order', function()
        local output, status = helper.run_program [[
            local core = require 'loowy_core'
            local newproxy = newproxy or function()
                return setmetatable({}, {})
            end
            for i = 1, 20 do
                local client = core.client()
                local proxy = newproxy(true)
                getmetatable(proxy).__gc = function()
                    pcall(client.publish, client, 'a.b', { i })
                    pcall(client.disconnect, client)
                    pcall(client.next, client)
                end
                _G['client' .. i], _G['proxy' .. i] = client, proxy
            end
            router = assert(core.router { listen = 'ws://127.0.0.1:0/', realms = 'realm1' })
            assert(router:start())
            assert(client1:configure { realm = 'realm1' })
            assert(client1:connect(router:url()))
            io.write 'end'
        ]]
        assert.same({ 'end', 0 }, { output, status })
    end)
end)
