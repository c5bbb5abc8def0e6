--- Our client and other people's clients as the two sides of calls and publications, through our router and crossbar.

local helper = require 'spec.helper'
local null = require 'loowy.null'
local peer_process = require 'spec.support.peer_process'
local values = require 'spec.support.values'

local marked = values.marked

local FORMATS = { 'json', 'msgpack', 'cbor' }

-- What is sent, and what the peer makes of it ("int 1", …; `js` and `json_js` where JavaScript has other values).
-- An empty table without a mark is a list in MessagePack, as it was in Loowy 0.4.1, and in CBOR.
local VALUES = {
    { 0, 'int 0' }, { -1, 'int -1' }, { 127, 'int 127' }, { -33, 'int -33' }, { 65536, 'int 65536' },
    { 2147483648, 'int 2147483648' }, { 4294967296, 'int 4294967296' }, { -4294967297, 'int -4294967297' },
    { 9007199254740990, 'int 9007199254740990' }, { -9007199254740990, 'int -9007199254740990' },
    { 1.5, 'float 1.5' }, { 0.1, 'float 0.1' }, { -2.5e-300, 'float -2.5e-300' },
    { '', 'str ' }, { 'text', 'str text' }, { 'žluťoučký 🐎 "\\\1\t', 'str žluťoučký 🐎 "\\\1\t' },
    { ('long '):rep(20000), 'str ' .. ('long '):rep(20000) },
    { true, 'true' }, { false, 'false' }, { null, 'null' },
    { marked('array', {}), '[]' }, { marked('object', {}), '{}' }, { {}, '{}', unmarked_binary = '[]' },
    { { 1, { 2, { k = { 3 } } } }, '[int 1, [int 2, {k: [int 3]}]]' },
    { { ['1'] = 'a', ['ž'] = { b = null } }, '{1: str a, ž: {b: null}}' },
    { '\0\255\254', 'bytes 00fffe', json_js = 'str \0AP/+' },
    { 'in the \0 middle', 'str in the \0 middle' },
}

-- Without integers those beyond 2^53 are floats, which are told from integers by some.
if not values.has_integers then
    table.insert(VALUES, { 9007199254740992, '%a+ 9007199254740992[.0]*' })
    table.insert(VALUES, { -9007199254740992, '%a+ %-9007199254740992[.0]*' })
    table.insert(VALUES, { 1e18, '%a+ 10*e?%+?1?8?' })
else
    for text, rounded in pairs {
        ['9007199254740992'] = '9007199254740992', ['9007199254740993'] = '900719925474099[23]',
        ['9223372036854775807'] = '922337203685477580[78]', ['-9223372036854775808'] = '-9223372036854775808',
    } do
        table.insert(VALUES, { math.tointeger(text), 'int ' .. text, js = 'int ' .. rounded })
    end
end

-- The same the other way. JavaScript has no bytes in JSON, and rounds integers beyond 2^53.
local MADE = {
    { 'int 0', 0 }, { 'int -1', -1 }, { 'int 255', 255 }, { 'int 4294967296', 4294967296 },
    { 'int -9007199254740990', -9007199254740990 }, { 'float 1.5', 1.5 }, { 'float -0.1', -0.1 },
    { 'str ', '' }, { 'str žluťoučký 🐎', 'žluťoučký 🐎' }, { 'true', true }, { 'false', false }, { 'null', null },
    { '[]', {} }, { '{}', {} }, { 'bytes 00fffe', '\0\255\254', not_from_json_js = true },
}

-- Where there are integers, those beyond 2^63 become negative in MessagePack, as in Loowy 0.4.1, and in CBOR.
table.insert(MADE, {
    'int 18446744073709551615', 2 ^ 64, not_from_js = true, from_binary = values.has_integers and -1 or nil,
})
if not values.has_integers then
    table.insert(MADE, { 'int 9007199254740993', 9007199254740992 })
else
    table.insert(MADE, { 'int 9007199254740993', 9007199254740993, not_from_js = true })
    table.insert(MADE, { 'int -9223372036854775808', math.mininteger, not_from_js = true })
end

-- Payloads of §4.8 that routers let through, with the arguments that come out.
local PAYLOADS = {
    { nil, {}, {} }, { false, { false } }, { true, { true } }, { 0, { 0 } }, { 1.5, { 1.5 } }, { '', { '' } },
    { 's', { 's' } }, { {}, {} }, { { 1, 2 }, { 1, 2 } }, { { false }, { false } }, { { {} }, { {} } },
    { { a = 1 }, {}, { a = 1 } }, { { 1 }, { 1 } }, { { argsList = {} }, {} }, { { argsList = { 1 } }, { 1 } },
    { { argsList = 7 }, { 7 } }, { { argsList = 's' }, { 's' } }, { { argsList = true }, { true } },
    { { argsList = false }, {}, { argsList = false } }, { { argsDict = {} }, {} },
    { { argsDict = { a = 1 } }, {}, { a = 1 } }, { { argsDict = false }, {}, { argsDict = false } },
    { { argsList = {}, argsDict = { a = 1 } }, {}, { a = 1 } }, { { argsList = { 1 }, argsDict = {} }, { 1 } },
    { { argsList = { 1 }, argsDict = { a = 1 } }, { 1 }, { a = 1 } },
    { { argsList = 5, argsDict = { a = 1 } }, { 5 }, { a = 1 } },
    { { argsList = false, argsDict = { a = 1 } }, { false }, { a = 1 } },
    { { argsList = { 1 }, x = 9 }, { 1 } }, { { 1, argsList = { 9 } }, { 1 } }, { marked('object', {}), {} },
    { { argsDict = marked('object', {}) }, {} }, { { ['1'] = 'a' }, {}, { ['1'] = 'a' } },
    { { [0] = 1 }, {}, {}, json_only = true }, { { 1, a = 2 }, { 1 }, json_only = true },
    { { argsList = { a = 1 } }, {} }, { { argsList = { nil, 2 } }, {} },
    { null, { null } }, { { null }, { null } }, { { a = null }, {}, { a = null } }, { { argsList = null }, { null } },
}

local function echo(call)
    return { argsList = call.argsList, argsDict = call.argsDict }
end

local function broken(call)
    error { uri = 'lua.error.broken', argsList = call.argsList, argsDict = call.argsDict }
end

-- Languages write floats differently.
local function normal(text)
    return (text:gsub('float (%-?[%d.e+-]+)', function(digits) return ('float %.17g'):format(tonumber(digits)) end))
end

local function result(...)
    local outcome, list, dict = helper.called(...)
    assert.equal('onSuccess', outcome, helper.show(list))
    return list or {}, dict or {}
end

-- What Lua makes of it: over MessagePack and CBOR null is nil.
local function received(value, encoding)
    if value == null and encoding ~= 'json' then return nil end
    if type(value) ~= 'table' then return value end
    local copy = {}
    for k, v in pairs(value) do copy[k] = received(v, encoding) end
    return copy
end

-- Lists with holes and names go out as maps in MessagePack, as in Loowy 0.4.1, and in CBOR, and nobody takes those.
local function goes_over(payload, encoding)
    return encoding == 'json' or not payload.json_only
end

local function values_specs(client, name, format, encoding, can)
    local js = name ~= 'Autobahn|Python'

    local function understands(case)
        local expected = js and (case.js or format == 'json' and case.json_js)
            or encoding ~= 'json' and case.unmarked_binary or case[2]
        local list, dict = result(client(), 'peer.describe', { argsList = { case[1] }, argsDict = { k = case[1] } })
        for _, text in ipairs { list[1], dict.k } do
            if expected ~= normal(text) then assert.matches('^' .. expected .. '$', text) end
        end
    end

    -- cbor-x, as Wampy.js uses it, takes integers below -2^32 for others.
    local function arrives(value)
        return name ~= 'Wampy.js' or format ~= 'cbor' or type(value) ~= 'number' or value >= -2 ^ 32
    end

    it('the peer understands every value', function()
        for _, case in ipairs(VALUES) do
            if arrives(case[1]) then understands(case) end
        end
    end)

    it('understands every value of the peer', function()
        for _, case in ipairs(MADE) do
            if not (js and (case.not_from_js or format == 'json' and case.not_from_json_js)) then
                local list, dict = result(client(), 'peer.make', { argsList = { case[1] }, argsDict = { k = case[1] } })
                local expected = encoding ~= 'json' and case.from_binary or case[2]
                assert.same(received(expected, encoding), list[1])
                assert.same(received(expected, encoding), dict.k)
                -- JavaScript does not tell integers from floats, and in binary formats sends large ones as floats.
                if not (js and format ~= 'json') then
                    assert.equal(values.subtype(expected), values.subtype(list[1]))
                end
            end
        end
    end)

    it('§4.8 calls with every payload', function()
        for i = 1, #PAYLOADS do
            if goes_over(PAYLOADS[i], encoding) then
                local list, dict = result(client(), 'peer.echo', PAYLOADS[i][1])
                assert.same(received(PAYLOADS[i][2], encoding), list)
                assert.same(received(PAYLOADS[i][3] or {}, encoding), dict)
            end
        end
    end)

    it('§4.8 publishes every payload', function()
        local box = helper.mailbox()
        helper.subscribed(client(), 'peer.heard', box:on 'heard')
        for i = 1, #PAYLOADS do
            if goes_over(PAYLOADS[i], encoding) then
                client():publish('lua.topic', PAYLOADS[i][1])
                local event = box:expect 'heard'
                assert.same(received(PAYLOADS[i][2], encoding), event.argsList or {})
                assert.same(received(PAYLOADS[i][3] or {}, encoding), event.argsDict or {})
            end
        end
        client():unsubscribe 'peer.heard'
    end)

    it('sends and gets a megabyte', function()
        local box = helper.mailbox()
        helper.subscribed(client(), 'peer.heard', box:on 'heard')
        for _, piece in ipairs { 'žluťoučký 🐎 \r\n', can.returns_bytes and '\0\255\254\1' or nil } do
            local sent = { argsList = { piece:rep(math.floor(1048576 / #piece)) }, argsDict = { k = 'end' } }
            local list, dict = result(client(), 'peer.echo', sent)
            -- A difference is not worth being shown.
            assert.is_true(list[1] == sent.argsList[1] and dict.k == 'end')
            client():publish('lua.topic', sent)
            local event = box:expect 'heard'
            assert.is_true(event.argsList[1] == sent.argsList[1] and event.argsDict.k == 'end')
        end
        client():unsubscribe 'peer.heard'
    end)
end

-- What routers and peers do not do among themselves, whoever calls.
local function abilities(name, format, on_crossbar)
    local python = name == 'Autobahn|Python'
    -- The specification: a callee that does not announce call canceling, like Autobahn|JS, has no progressive results.
    local progresses = name == 'Autobahn|JS' and not on_crossbar and 0 or 3
    -- Crossbar never answers the cancel of a call to a callee that does not announce call canceling.
    local cancels = python or not on_crossbar
    -- Nor does it answer a cancel that skips the callee.
    local modes = on_crossbar and (python and { 'kill', 'killnowait' } or {}) or { 'skip', 'kill', 'killnowait' }
    local killed_with = python and not on_crossbar and 'wamp.error.runtime_error' or nil
    -- Nor does it know the tag of typed arrays, which Wampy.js puts on bytes that came to it in CBOR.
    local returns_bytes = not (on_crossbar and name == 'Wampy.js' and format == 'cbor')
    -- Crossbar's configuration tells everybody; Autobahn|Python has no option to ask for it.
    return { progresses = progresses, cancels = cancels, modes = modes, hears_of_the_end = python,
        killed_with = killed_with, discloses = on_crossbar or not python, always_discloses = on_crossbar,
        returns_bytes = returns_bytes }
end

local function calls_specs(client, own, encoding, can)
    it('hears an error of the peer: uri, list and dictionary', function()
        local outcome, e = helper.called(client(), 'peer.fail', {
            argsList = { 'peer.error.broken', 'so it is', 1 }, argsDict = { code = 7 },
        })
        assert.equal('onError', outcome)
        assert.equal('peer.error.broken', e.error)
        assert.same({ 'so it is', 1 }, e.argsList)
        assert.same({ code = 7 }, e.argsDict)
    end)

    it('hears progressive results of the peer', function()
        local box = helper.mailbox()
        client():call('peer.progress', { 3 }, box:callbacks('onSuccess', 'onError'), { receive_progress = true })
        for i = 1, can.progresses do
            local list, dict = box:expect 'onSuccess'
            assert.same({ i }, list)
            assert.same({ i = i }, dict)
        end
        assert.same({ 'done' }, (box:expect 'onSuccess'))
    end)

    local it_cancels = can.cancels and it or function() end

    for _, mode in ipairs(can.modes) do
        it('cancels a call to the peer: ' .. mode, function()
            local box, ended = helper.mailbox(), helper.mailbox()
            helper.subscribed(client(), 'peer.started', box:on 'started')
            helper.subscribed(client(), 'peer.ended', ended:on 'ended')
            client():call('peer.pending', nil, box:callbacks('onSuccess', 'onError'))
            local request = client():getOpStatus().reqId
            box:expect 'started'
            client():cancel(request, nil, { mode = mode })
            -- In mode kill the callee says what its caller hears.
            local expected = mode == 'kill' and can.killed_with or 'wamp.error.canceled'
            assert.equal(expected, box:expect('onError').error)
            if can.hears_of_the_end and mode ~= 'skip' then ended:expect 'ended' end
            -- Whatever the peer says now is for nobody.
            result(client(), 'peer.echo', { 1 })
            assert.equal('', box:names() .. ended:names())
            client():unsubscribe 'peer.started'
            client():unsubscribe 'peer.ended'
        end)
    end

    it_cancels('gives up a call to the peer in time', function()
        local box = helper.mailbox()
        helper.subscribed(client(), 'peer.started', box:on 'started')
        helper.subscribed(client(), 'peer.ended', box:on 'ended')
        client():call('peer.pending', nil, box:callbacks('onSuccess', 'onError'), { timeout = 300 })
        local heard, name, failure = {}
        repeat
            name, failure = box:next()
            heard[name] = failure or true
        until heard.onError and not (heard.started and can.hears_of_the_end and not heard.ended)
        assert.equal('wamp.error.timeout', heard.onError.error)
        result(client(), 'peer.echo', { 1 })
        client():unsubscribe 'peer.started'
        client():unsubscribe 'peer.ended'
    end)

    it_cancels('lets the peer cancel a call', function()
        local box = helper.mailbox()
        helper.subscribed(client(), 'peer.started', box:on 'started')
        client():call('peer.call', { 'peer.pending', { cancel = 'kill' } }, box:callbacks('onSuccess', 'onError'))
        box:expect 'started'
        client():publish 'lua.cancel'
        local list, dict = box:expect 'onSuccess'
        assert.same({ 'error' }, list)
        assert.equal('wamp.error.canceled', dict.error)
    end)

    it('lets the peer hear progressive results', function()
        local box = helper.mailbox()
        helper.subscribed(client(), 'peer.progressed', box:on 'progressed')
        client():call('peer.call', {
            argsList = { 'peer.progress', { progress = true } }, argsDict = { args = { 3 } },
        }, box:callbacks('onSuccess', 'onError'))
        for i = 1, can.progresses do assert.same({ i }, box:expect('progressed').argsList) end
        local list, dict = box:expect 'onSuccess'
        assert.same({ 'result' }, list)
        assert.same({ 'done' }, dict.args)
    end)

    it('answers the peer', function()
        local sent = { args = { 1, 'ž', { k = {} }, null }, kwargs = { a = { 1.5 } } }
        local list, dict = result(client(), 'peer.call', { argsList = { own 'echo' }, argsDict = sent })
        assert.same({ 'result' }, list)
        assert.same(received(sent.args, encoding), dict.args)
        assert.same(sent.kwargs, dict.kwargs)
    end)

    it('answers the peer with nothing', function()
        local list, dict = result(client(), 'peer.call', { own 'echo' })
        assert.same({ 'result' }, list)
        assert.same({ args = {}, kwargs = {} }, dict)
    end)

    it('fails for the peer: uri, list and dictionary', function()
        local list, dict = result(client(), 'peer.call', {
            argsList = { own 'broken' }, argsDict = { args = { 'so it is' }, kwargs = { code = 7 } },
        })
        assert.same({ 'error' }, list)
        assert.same({ error = 'lua.error.broken', args = { 'so it is' }, kwargs = { code = 7 } }, dict)
    end)

    it('hears what the peer publishes with acknowledgement', function()
        local box = helper.mailbox()
        helper.subscribed(client(), own 'topic', box:on 'event')
        local sent = { args = { 1, 'ž' }, kwargs = { k = 1 } }
        result(client(), 'peer.publish', { argsList = { own 'topic' }, argsDict = sent })
        local event = box:expect 'event'
        assert.same({ 1, 'ž' }, event.argsList)
        assert.same({ k = 1 }, event.argsDict)
    end)
end

local function patterns_specs(client, own, can)
    local DISCLOSE = { disclose_me = true }

    it('calls what the peer has registered by a pattern, and says who calls', function()
        for _, procedure in ipairs { 'peer.prefixed.a', 'peer.any.wild' } do
            local list = result(client(), procedure, nil, DISCLOSE)
            assert.same({ procedure, client():getSessionId() }, { list[1], list[2] })
            list = result(client(), procedure)
            assert.same(can.always_discloses and client():getSessionId() or nil, list[2] ~= null and list[2] or nil)
        end
    end)

    it('publishes to what the peer has subscribed by a pattern, and says who publishes', function()
        local box = helper.mailbox()
        helper.subscribed(client(), 'peer.about', box:on 'about')
        for _, topic in ipairs { 'lua.prefixed.a', 'lua.any.wild' } do
            client():publish(topic, nil, nil, DISCLOSE)
            local list = box:expect('about').argsList
            assert.same({ topic, client():getSessionId() }, { list[1], list[2] })
            client():publish(topic)
            list = box:expect('about').argsList
            assert.same(can.always_discloses and client():getSessionId() or nil, list[2] ~= null and list[2] or nil)
        end
        client():unsubscribe 'peer.about'
    end)

    it('answers what the peer calls by a pattern, and hears who calls', function()
        local heard
        local function rpc(call)
            heard = call.details
            return { argsList = { call.details.procedure } }
        end
        helper.registered(client(), own 'prefix', rpc, { match = 'prefix' })
        helper.registered(client(), own '.wild', rpc, { match = 'wildcard' })
        for _, procedure in ipairs { own 'prefixed', own 'any.wild' } do
            local _, dict = result(client(), 'peer.call', { procedure, { disclose = true } })
            assert.same({ procedure }, dict.args)
            assert.equal(can.discloses and 'number' or 'nil', type(heard.caller))
        end
    end)

    it('hears what the peer publishes by a pattern, and who publishes', function()
        local box = helper.mailbox()
        helper.subscribed(client(), own 'prefix', box:on 'prefix', { match = 'prefix' })
        helper.subscribed(client(), own '.wild', box:on 'wildcard', { match = 'wildcard' })
        for match, topic in pairs { prefix = own 'prefixed', wildcard = own 'any.wild' } do
            result(client(), 'peer.publish', { topic, { disclose = true } })
            local details = box:expect(match).details
            assert.equal(topic, details.topic)
            assert.equal(can.discloses and 'number' or 'nil', type(details.publisher))
        end
    end)
end

-- One process of the peer for all, and two clients of ours: one for each serializer.
local function meeting(name, format, can, router_url)
    local process
    local clients = {}

    setup(function()
        local url = router_url or helper.router({ realms = { 'realm1' } }):url()
        for _, encoding in ipairs(FORMATS) do
            local client = helper.joined(url, { transportEncoding = encoding })
            helper.registered(client, encoding .. '.echo', echo)
            helper.registered(client, encoding .. '.broken', broken)
            clients[encoding] = client
        end
        process = assert(peer_process.start(name, url, format))
    end)

    teardown(function()
        helper.published(clients.json, 'peer.stop')
        helper.close()
        peer_process.ended(process)
    end)

    for _, encoding in ipairs(FORMATS) do
        describe('with our client over ' .. encoding, function()
            local function client() return clients[encoding] end
            local function own(word) return encoding .. '.' .. word end
            values_specs(client, name, format, encoding, can)
            calls_specs(client, own, encoding, can)
            patterns_specs(client, own, can)
        end)
    end
end

for where, url in pairs { ['our router'] = false, crossbar = os.getenv 'WAMP_URL' } do
    for _, name in ipairs(peer_process.NAMES) do
        for _, format in ipairs(FORMATS) do
            describe(('%s over %s on %s #interop'):format(name, format, where), function()
                meeting(name, format, abilities(name, format, url), url or nil)
            end)
        end
    end
end
