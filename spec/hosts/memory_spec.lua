--- No memory for Lua: the allocator fails at every allocation of everything in turn. The program sees Lua's own error,
-- nothing is lost that was not in hand, and the client goes on.

local host = require 'spec.support.host'

-- `swept(what, fn)` calls `fn` again and again; at first its first allocation fails, then its second, until it runs
-- through. An emergency collection gives Lua a second chance, and an error may need memory too: so several in a row.
local SWEEP = [[
    -- LuaJIT itself crashes now and then when its compiled code is left for want of memory (its issues 906, 1034, 1247)
    if jit then jit.off() end
    local in_a_row = 3
    local function attempt(after, fn, ...)
        host.starve(after, in_a_row)
        local ok, message = pcall(fn, ...)
        return host.fed() > 0, ok, message
    end
    local function swept(what, fn, ...)
        local errors = 0
        for after = 0, 3000 do
            local starved, ok, message = attempt(after, fn, ...)
            if not ok then
                errors = errors + 1
                message = tostring(message)
                local expected = message:find 'not enough memory' or message:find 'error in error handling'
                assert(expected, what .. ': ' .. message)
            end
            if not starved then
                assert(ok, message)
                return errors
            end
        end
        error(what .. ' never ran through')
    end
    local router = helper.router {}
    local url = router:url()
]]

describe('no memory for Lua #hosts', function()
    it('in every function of the core: the error is Lua\'s', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            local core = require 'loowy_core'
            local nested = {}
            for i = 1, 100 do nested = i % 2 == 0 and { nested } or { a = nested } end
            local deep = { nested, 1, 'two', { three = { 4, { 5 } } }, ('x'):rep(1000) }
            local json = core.encode('json', { deep, deep, 'esc\n\0aped' })
            local msgpack = core.encode('msgpack', { deep, deep })
            local cbor = core.encode('cbor', { deep, deep })
            local in_pieces = '\159\127\99abc\99def\255\95\66\0\255\255\191\97k\129\127\97x\255\255\255'
            local count = 0
            local function sweep(name, ...)
                count = count + swept(name, ...)
            end
            sweep('encode', core.encode, 'json', deep)
            sweep('encode', core.encode, 'msgpack', deep)
            sweep('encode', core.encode, 'cbor', deep)
            sweep('encode what cannot be', core.encode, 'json', { a = { b = print } })
            sweep('decode', core.decode, 'json', json)
            sweep('decode', core.decode, 'json', '["\\u0000' .. 'AAAA"]')
            sweep('decode', core.decode, 'msgpack', msgpack)
            sweep('decode', core.decode, 'cbor', cbor)
            sweep('decode strings in pieces', core.decode, 'cbor', in_pieces)
            sweep('decode what is none', core.decode, 'json', '[1,2')
            sweep('sign', core.wampcra_sign, 'secret', { challenge = 'abc' })
            sweep('client', core.client)
            sweep('router', core.router, { listen = 'ws://127.0.0.1:0/', realms = { 'realm1' } })
            sweep('a mistake', core.router, { nonsense = 1 })
            sweep('misuse', pcall, core.encode, 'nonsense', 1)
            local client = core.client()
            sweep('configure', client.configure, client, { realm = 'realm1', hello = { roles = { caller = {} } } })
            sweep('a wrong option', client.configure, client, { realm = 5 })
            sweep('fd', client.fd, client)
            sweep('state', client.state, client)
            sweep('next', client.next, client)
            for _, name in ipairs { 'poller', 'wakeup', 'inotify', 'child_status', 'file_status', 'monotonic' } do
                local argument = name == 'poller' and 4 or name == 'child_status' and 0 or '/tmp'
                sweep(name, core.ev[name], argument, false)
            end
            print(count > 50 and 'ok' or count)
        ]]))
    end)

    it('while the module loads', function()
        assert.equal('ok\nstatus 0', host.run [[
            local function load()
                package.loaded.loowy_core = nil
                return require 'loowy_core'
            end
            local errors = 0
            for after = 0, 5000 do
                host.starve(after, 3)
                local ok = pcall(load)
                local failures = host.fed()
                if not ok then errors = errors + 1 end
                if failures == 0 then
                    assert(ok)
                    break
                end
            end
            assert(errors > 20)
            assert(load().encode('json', { 1 }) == '[1]')
            print 'ok'
        ]])
    end)

    it('in the methods of a client: whatever was refused, the next call is served', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            local box = helper.mailbox()
            local client = helper.joined(url)
            local payload = { argsList = { 1, { a = 'b' } }, argsDict = { c = ('d'):rep(100) } }
            local function nothing() end
            local count = 0
            local function sweep(name, ...)
                count = count + swept(name, client[name], client, ...)
            end
            sweep('publish', 'topic', payload, { onSuccess = nothing, onError = nothing }, { exclude_me = false })
            sweep('call', 'procedure', payload, { onSuccess = nothing, onError = nothing })
            sweep('subscribe', 'topic', { onEvent = nothing, onSuccess = nothing, onError = nothing })
            sweep('register', 'procedure', { rpc = nothing, onSuccess = nothing, onError = nothing })
            sweep('options', { debug = false })
            sweep('getSessionId')
            sweep('unsubscribe', 'topic')
            helper.subscribed(client, 'another', box:on 'event')
            client:publish('another', 1, nil, { exclude_me = false })
            box:expect 'event'
            assert(count > 20, count)
            print 'ok'
        ]]))
    end)

    it('while a client is made, connects and is told so', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            local loowy = require 'loowy.client'
            swept('new', function() loowy.new(nil, { realm = 'realm1' }) end)
            local made = {}
            swept('connect', function()
                local client = loowy.new(nil, { realm = 'realm1' })
                made[#made + 1] = client
                client:connect(url)
            end)
            for _, client in ipairs(made) do client:abort() end
            made = nil
            collectgarbage()
            assert(helper.joined(url):getSessionId())
            print 'ok'
        ]]))
    end)

    it('while callbacks are run: the descriptor tells of what comes after', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            -- errors of callbacks are printed, which is not the point here
            io.stderr = { write = function() end }
            local socket = require 'socket'
            local talker, client = helper.joined(url), helper.joined(url)
            local count, lost = 0, 0
            local function payload(i) return { i, 'text', { a = { 'nested' } }, 'esc\n' } end
            helper.subscribed(client, 'topic', function() count = count + 1 end)
            helper.registered(client, 'echo', function(call) return { argsList = call.argsList } end)
            local descriptor = { getfd = function() return client:getfd() end }
            local after, starved = 0, true
            while starved do
                count, after = 0, after + 1
                for i = 1, 8 do talker:publish('topic', payload(i)) end
                assert(socket.select({ descriptor }, nil, 20)[1])
                starved = attempt(after, client.poll, client, 0)
                -- each failure may have cost one event
                while count < 5 do
                    assert(socket.select({ descriptor }, nil, 10)[1], 'the client is deaf')
                    client:poll(0)
                end
                client:poll(0)
                assert(after < 3000)
            end
            local outcome, result = helper.called(talker, 'echo', payload(1))
            assert(outcome == 'onSuccess' and result[1] == 1)
            print 'ok'
        ]]))
    end)

    it('while answers come: every request has one outcome, at each end', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            -- one failure, with the second chance of the newer ones: a turn that cannot even be ended is another matter
            in_a_row = _VERSION == 'Lua 5.1' and 1 or 2
            io.stderr = { write = function() end }
            local socket = require 'socket'
            local function watched(client)
                return { getfd = function() return client:getfd() end, poll = function() client:poll(0) end }
            end
            local talker, client = helper.joined(url), helper.joined(url)
            local other, own = watched(talker), watched(client)
            local function payload()
                return { argsList = { 'text', { a = { 'nested' } }, 'esc\n' }, argsDict = { b = 1 } }
            end
            helper.registered(talker, 'echo', function(call) return { argsList = call.argsList } end)
            helper.registered(talker, 'refuse', function() error { error = 'some.error', argsList = { 'why' } } end)
            helper.registered(client, 'served', function(call) return { argsList = call.argsList } end)
            local outcomes
            local function once(name, extra)
                outcomes[name] = 0
                local function count() outcomes[name] = outcomes[name] + 1 end
                local callbacks = { onSuccess = count, onError = count }
                for key, value in pairs(extra or {}) do callbacks[key] = value end
                return callbacks
            end
            local function nothing() end
            local function ask(round)
                client:call('echo', payload(), once 'call')
                client:call('refuse', payload(), once 'refused call')
                client:call('nobody.has.this', payload(), once 'impossible call')
                client:publish('topic', payload(), once 'publish')
                client:subscribe('topic' .. round, once('subscribe', { onEvent = nothing }))
                client:register('procedure' .. round, once('register', { rpc = nothing }))
                if round == 0 then return end
                client:unsubscribe('topic' .. round - 1, once 'unsubscribe')
                client:unregister('procedure' .. round - 1, once 'unregister')
            end
            local function missing()
                for name, count in pairs(outcomes) do
                    if count == 0 then return name end
                end
            end
            local function go_on(descriptors, finished)
                while not finished() do
                    local ready = socket.select(descriptors, nil, 20)
                    assert(#ready > 0, missing())
                    for _, descriptor in ipairs(ready) do descriptor.poll() end
                end
            end
            -- What is answered to the talker now was said to the client before.
            local marks = 0
            local function mark() marks = marks + 1 end
            helper.subscribed(talker, 'mark', mark)
            local function answered()
                marks = 0
                client:publish('mark', 1)
                go_on({ other }, function() return marks == 1 end)
                talker:call('served', payload(), once 'call to it')
                talker:publish('topic', 1, { onSuccess = mark })
                go_on({ other }, function() return marks == 2 end)
            end
            -- how much of it comes in the first turn is the system's affair
            local starved = 0
            for round = 0, 199 do
                outcomes = {}
                ask(round)
                answered()
                assert(socket.select({ own }, nil, 20)[1])
                if attempt(round % 50, client.poll, client, 0) then starved = starved + 1 end
                go_on({ own, other }, function() return not missing() end)
                client:poll(0)
                talker:poll(0)
                for name, count in pairs(outcomes) do assert(count == 1, name .. ': ' .. count) end
            end
            print(starved > 10 and 'ok' or starved)
        ]]))
    end)

    it('while a connection ends: every request has one outcome, and the end is told once', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            -- one failure, with the second chance of the newer ones: a turn that cannot even be ended is another matter
            in_a_row = _VERSION == 'Lua 5.1' and 1 or 2
            io.stderr = { write = function() end }
            local socket = require 'socket'
            local talker = helper.joined(url)
            helper.registered(talker, 'echo', function() end)
            local outcomes, closed
            local function once(name)
                outcomes[name] = 0
                local function count() outcomes[name] = outcomes[name] + 1 end
                return { onSuccess = count, onError = count }
            end
            local function end_of(client, after)
                local descriptor = { getfd = function() return client:getfd() end }
                outcomes, closed = {}, 0
                client:options { onClose = function() closed = closed + 1 end }
                for i = 1, 3 do client:call('echo', i, once(i)) end
                client:disconnect()
                client:publish('too.late', 1, once 'too late')
                local failed = false
                while closed == 0 do
                    assert(socket.select({ descriptor }, nil, 20)[1], 'the client is deaf')
                    if failed then client:poll(0) else failed = attempt(after, client.poll, client, 0) end
                end
                client:poll(0)
                for name, count in pairs(outcomes) do assert(count == 1, name .. ': ' .. count) end
                assert(closed == 1)
                return failed
            end
            local starved = 0
            for after = 0, 79 do
                if end_of(helper.joined(url), after) then starved = starved + 1 end
            end
            print(starved > 10 and 'ok' or starved)
        ]]))
    end)

    it('for a message at any time: it is given up, and those after it are heard', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            io.stderr = { write = function() end }
            local socket = require 'socket'
            local talker, client = helper.joined(url), helper.joined(url)
            local count = 0
            helper.subscribed(client, 'topic', function() count = count + 1 end)
            local descriptor = { getfd = function() return client:getfd() end }
            -- more tables than the calls that lead to them have allocations
            local large = { 'text' }
            for _ = 1, 100 do large = { large } end
            for round = 1, 20 do
                talker:publish('topic', large)
                assert(socket.select({ descriptor }, nil, 20)[1])
                local turns = 0
                repeat
                    host.starve(15, 1000000)
                    pcall(client.poll, client, 0)
                    host.fed()
                    turns = turns + 1
                    assert(turns < 10, 'it is read for ever')
                until not socket.select({ descriptor }, nil, 0)[1]
                assert(count == round - 1 and turns > 1)
                talker:publish('topic', 'small')
                while count < round do
                    assert(socket.select({ descriptor }, nil, 20)[1], 'the client is deaf')
                    client:poll(0)
                end
            end
            print 'ok'
        ]]))
    end)

    it('again and again: nothing leaks', function()
        assert.equal('ok\nstatus 0', host.run(SWEEP .. [[
            io.stderr = { write = function() end }
            local socket = require 'socket'
            local core = require 'loowy_core'
            local talker, client = helper.joined(url), helper.joined(url)
            helper.subscribed(client, 'topic', function() end)
            local descriptor = { getfd = function() return client:getfd() end }
            local large = { ('x'):rep(20000) .. '\n', ('y'):rep(20000) }
            local json = core.encode('json', large)
            local function round()
                talker:publish('topic', large)
                assert(socket.select({ descriptor }, nil, 20)[1])
                for after = 0, 4 do attempt(after, client.poll, client, 0) end
                for after = 0, 6 do
                    attempt(after, core.decode, 'json', json)
                    attempt(after, core.encode, 'json', large)
                    attempt(after, core.client)
                    attempt(after, core.router, { listen = 'ws://127.0.0.1:0/', realms = { 'realm1' } })
                end
            end
            local function settled()
                for _ = 1, 3 do collectgarbage() end
                return host.memory()
            end
            for _ = 1, 20 do round() end
            local before = settled()
            for _ = 1, 100 do round() end
            local growth = settled() - before
            -- a single large text a round would be two million
            print(growth < 400000 and 'ok' or growth)
        ]]))
    end)
end)
