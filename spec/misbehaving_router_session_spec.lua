--- What a client makes of messages at the wrong time, of answers that do not fit or come twice, and of a router that
-- leaves it waiting.

local misbehaving = require 'spec.support.misbehaving'

local object = misbehaving.object
local unpack = table.unpack or unpack -- luacheck: ignore 143

local WELCOME = { 2, 100001, object { roles = { broker = object {}, dealer = object {} } } }
local GOODBYE = { 6, object {}, 'wamp.close.goodbye_and_out' }

-- What a router says in sessions only.
local IN_SESSIONS = {
    GOODBYE, { 8, 48, 1, object {}, 'x' }, { 17, 1, 1 }, { 33, 1, 1 }, { 35, 1 }, { 36, 1, 1, object {} },
    { 50, 1, object {} }, { 65, 1, 1 }, { 67, 1 }, { 68, 1, 1, object {} }, { 69, 1, object {} },
}

local function say(faulty, case)
    faulty:say(case[1])
end

describe('a router that says things at the wrong time', function()
    after_each(misbehaving.close)

    it('§6.1 before WELCOME', function()
        for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
            local faulty = misbehaving.greeted({ maxRetries = 1000 }, format)
            local cases = {}
            for i, message in ipairs(IN_SESSIONS) do
                cases[i] = { message, violation = 'there is no session yet' }
            end
            -- HELLO and its like are no better.
            cases[#cases + 1] = { { 1, 'realm1', object {} }, violation = 'there is no session yet' }
            cases[#cases + 1] = { 'x', violation = 'malformed: …' }
            faulty:plays(cases, say)
            faulty:say { 1234 }
            faulty:welcome()
            faulty:works()
            misbehaving.close()
        end
    end)

    it('§6.1 between CHALLENGE and WELCOME', function()
        local faulty = misbehaving.greeted { maxRetries = 1000, authid = 'joe',
            onChallenge = function() return 's' end }
        local cases = {}
        for i, message in ipairs(IN_SESSIONS) do
            cases[i] = { message, violation = 'there is no session yet' }
        end
        faulty:plays(cases, function(_, case)
            faulty:say { 4, 'ticket', object {} }
            faulty.client:poll(20)
            assert.equal('s', faulty:heard(5)[2])
            faulty:say(case[1])
        end)
        for _ = 1, 3 do
            faulty:say { 4, 'ticket', object {} }
            faulty.client:poll(20)
            faulty:heard(5)
        end
        faulty:welcome()
        faulty:works()
    end)

    it('§6.1 a CHALLENGE in a session', function()
        misbehaving.beside { authid = 'joe', onChallenge = function() return 's' end } :plays({
            { { 4, 'ticket', object {} }, violation = 'CHALLENGE in a session' },
        }, say)
    end)

    it('Q36 what was under way when the protocol broke fails once, in the order of the requests', function()
        local faulty = misbehaving.beside()
        local client, box = faulty.client, faulty.box
        client:call('a.b', nil, { onSuccess = box:on 'never', onError = box:on 'called' })
        client:publish('a.b', nil, { onSuccess = box:on 'never', onError = box:on 'published' })
        faulty:heard(48)
        faulty:heard(16)
        faulty:say('x', { 50, 3, object {} }, { 17, 4, 1 })
        assert.equal('wamp.error.protocol_violation', box:expect('onError').error)
        assert.equal('wamp.error.network_failure', box:expect('called').error)
        assert.equal('wamp.error.network_failure', box:expect('published').error)
        faulty.peer:farewell()
        faulty.peer:close()
        faulty:reconnects()
        faulty.other:works()
    end)

    local function leaving(act, ...)
        local faulty = misbehaving.beside(...)
        faulty.client:disconnect()
        faulty:heard(6)
        act(faulty)
        faulty.other:works()
        misbehaving.close()
    end

    it('Q14 after our GOODBYE what belongs to sessions still counts, and a WELCOME does not', function()
        leaving(function(faulty)
            faulty:say(WELCOME, { 1234 }, { 17, 99, 1 }, { 5, 's', object {} })
            faulty:hears_event()
            faulty:say(GOODBYE, GOODBYE, WELCOME, 'x', { 36, 5, 1, object {} })
            faulty.client:poll(20)
            faulty:gets { close = 1000 }
            faulty.peer:send('\3\232', 'close')
            faulty:closes()
        end)
    end)

    it('§6.1 after our GOODBYE a broken protocol is told, and the end is the end', function()
        for _, bad in ipairs { 'x', { 4, 'ticket', object {} }, { 36 } } do
            leaving(function(faulty)
                faulty:say(bad)
                assert.equal('wamp.error.protocol_violation', faulty.box:expect('onError').error)
                faulty:gets { violation = '', close = 1000 }
                faulty.peer:close()
                faulty:closes()
            end)
        end
        leaving(function(faulty)
            faulty:say { 3, object {}, 'an.error' }
            assert.equal('an.error', faulty.box:expect('onError').error)
            faulty:gets { close = 1000 }
            faulty.peer:close()
            faulty:closes()
        end)
    end)

    it('§6.1 after the router\'s GOODBYE nothing counts', function()
        local faulty = misbehaving.beside()
        faulty:say({ 6, object {}, 'wamp.close.close_realm' }, WELCOME, { 36, 5, 1, object {} }, 'x', '[4,"ticket",{}]')
        faulty.client:poll(20)
        assert.same(GOODBYE, faulty:heard(6))
        faulty:gets { close = 1000 }
        faulty:say(WELCOME, 'x')
        faulty.peer:close()
        faulty:closes()
        faulty.other:works()
    end)
end)

describe('a router that leaves a client waiting', function()
    after_each(misbehaving.close)

    it('§7.4 for WELCOME: told after joinTimeout, and tried again', function()
        local faulty = misbehaving.greeted { joinTimeout = 0.05, maxRetries = 1000 }
        for attempt = 1, 2 do
            local said = faulty.box:expect 'onError'
            assert.same({ 'wamp.error.timeout', 'the router did not answer HELLO in time' },
                { said.error, said.details.message })
            assert.equal('wamp.error.timeout', faulty:heard(3)[3])
            faulty:gets { close = 1000 }
            faulty.peer:close()
            if attempt == 2 then faulty.client:options { joinTimeout = 20 } end
            faulty:reconnects()
        end
        faulty:welcome()
        faulty:works()
    end)

    it('§7.4 with one CHALLENGE after the other: told after joinTimeout', function()
        local faulty
        faulty = misbehaving.greeted { joinTimeout = 0.1, authid = 'joe', onChallenge = function()
            faulty:say { 4, 'ticket', object {} }
            return 's'
        end }
        faulty:say { 4, 'ticket', object {} }
        assert.equal('wamp.error.timeout', faulty.box:expect('onError').error)
        faulty.peer:close()
        faulty.box:expect 'onReconnect'
    end)

    it('L02 K19 for its GOODBYE and its close frame: closed after closeTimeout', function()
        local faulty = misbehaving.beside { closeTimeout = 0.05 }
        faulty.client:disconnect()
        faulty:closes()
        faulty:heard(6)
        faulty:gets { close = 1000 }
        faulty.other:works()
    end)

    it('L02 for its close frame after a broken protocol: dropped after closeTimeout', function()
        local faulty = misbehaving.beside { closeTimeout = 0.05 }
        faulty:say 'x'
        assert.equal('wamp.error.protocol_violation', faulty.box:expect('onError').error)
        local peer = faulty.peer
        faulty:reconnects()
        assert.same({ 'text', 'close' }, (function()
            local frames = peer:farewell()
            return { frames[1][1], frames[2][1] }
        end)())
        faulty.other:works()
    end)

    it('L02 while it goes on talking after our close frame: dropped after closeTimeout', function()
        local faulty = misbehaving.beside { closeTimeout = 0.05 }
        faulty:say('x', { 36, 5, 1, object {} }, 'y')
        assert.equal('wamp.error.protocol_violation', faulty.box:expect('onError').error)
        -- The client may have gone by now.
        pcall(faulty.say, faulty, { 36, 5, 1, object {} }, 'z')
        faulty:reconnects()
        faulty.other:works()
    end)

    it('Q03 for its pong: the connection counts as lost after pingTimeout', function()
        local faulty = misbehaving.greeted { pingInterval = 0.05, pingTimeout = 0.05 }
        faulty.client:options { pingInterval = 20 }
        faulty:reconnects()
        faulty:welcome()
        faulty:works()
    end)
end)

describe('a router whose answers do not fit', function()
    after_each(misbehaving.close)

    local faulty, callbacks, serial

    before_each(function()
        faulty, serial = misbehaving.beside(), 0
        callbacks = faulty.box:callbacks('onSuccess', 'onError')
    end)

    -- Something is there to be left.
    local function present(method, code)
        serial = serial + 1
        local uri = 'a.name' .. serial
        faulty.client[method](faulty.client, uri, { onEvent = print, rpc = print })
        faulty:say { code + 1, faulty:heard(code)[2], 1000 + serial }
        faulty:hears_event()
        return uri
    end

    local function with(more)
        more.onSuccess, more.onError = callbacks.onSuccess, callbacks.onError
        return more
    end

    -- The requests: their codes, those of their answers, and how to make them.
    local REQUESTS = {
        { 48, 50, function(client) client:call('a.b', nil, callbacks) end },
        { 16, 17, function(client) client:publish('a.b', nil, callbacks) end },
        { 32, 33, function(client) client:subscribe('c.d', with { onEvent = print }) end },
        { 64, 65, function(client) client:register('c.d', with { rpc = print }) end },
        { 34, 35, function(client) client:unsubscribe(present('subscribe', 32), callbacks) end },
        { 66, 67, function(client) client:unregister(present('register', 64), callbacks) end },
    }

    local function answer(code, id)
        return { code, id, code == 50 and object {} or 77 }
    end

    -- Nothing has been told of what was said.
    local function told_nothing()
        faulty:hears_event()
        assert.equal('', faulty.box:names())
    end

    for _, outcome in ipairs { 'onError', 'onSuccess' } do
        it(('§6.1 %s comes of the answer that fits, and once'):format(outcome), function()
            for _, request in ipairs(REQUESTS) do
                local code, right, make = unpack(request)
                make(faulty.client)
                local id = faulty:heard(code)[2]
                for _, other in ipairs(REQUESTS) do
                    if other[1] ~= code then
                        faulty:say({ 8, other[1], id, object {}, 'wrong' }, answer(other[2], id))
                    end
                end
                for _, other in ipairs { 0, 1, 49, 68, 70, 1234 } do
                    faulty:say { 8, other, id, object {}, 'wrong' }
                end
                told_nothing()
                local message = outcome == 'onError' and { 8, code, id, object {}, 'right' } or answer(right, id)
                faulty:say(message, message, answer(right, id), { 8, code, id, object {}, 'late' })
                local failure = faulty.box:expect(outcome)
                assert.equal(outcome == 'onError' and 'right' or nil, failure and failure.error)
                told_nothing()
            end
            faulty:works()
            faulty.other:works()
        end)
    end

    it('§6.1 results after the last one are ignored, progressive or not', function()
        faulty.client:call('a.b', nil, callbacks)
        local id = faulty:heard(48)[2]
        for i = 1, 3 do
            faulty:say { 50, id, { progress = true }, { i } }
            assert.same({ i }, (faulty.box:expect 'onSuccess'))
        end
        faulty:say({ 50, id, object {}, { 4 } }, { 50, id, { progress = true }, { 5 } }, { 50, id, object {}, { 6 } })
        assert.same({ 4 }, (faulty.box:expect 'onSuccess'))
        told_nothing()
    end)

    it('§6.1 ids given twice disturb nobody', function()
        local client, box = faulty.client, faulty.box
        client:subscribe('c.d', with { onEvent = box:on 'event' })
        faulty:say { 33, faulty:heard(32)[2], 5 }
        box:expect 'onSuccess'
        client:register('c.d', with { rpc = box:on 'called' })
        faulty:say { 65, faulty:heard(64)[2], 7 }
        box:expect 'onSuccess'
        faulty:say({ 68, 1, 7, object {}, { 'x' } }, { 68, 1, 7, object {}, { 'x' } })
        for _ = 1, 2 do assert.same({ 'x' }, box:expect('called').argsList) end
        faulty:hears_event()
        -- The later invocation takes the place of the one that was not answered yet.
        assert.equal(1, faulty:heard(70)[2])
        client:publish 'the.next'
        assert.equal('the.next', faulty:heard(16)[4])
        faulty.peer:close()
        box:expect 'onReconnect'
        faulty.other:works()
    end)
end)
