--- No memory for Lua: the allocator fails at every allocation of everything in turn. The program sees Lua's own error,
-- nothing is lost that was not in hand, and the client goes on.

local host = require 'spec.support.host'

-- `swept(what, fn)` calls `fn` again and again; at first its first allocation fails, then its second, until it runs
-- through. An emergency collection gives Lua a second chance, and an error may need memory too: so several in a row.
local SWEEP = [[
    -- LuaJIT itself crashes now and then when its compiled code is left for want of memory (its issues 906, 1034, 1247)
    if jit then jit.off() end
    local function attempt(after, fn, ...)
        host.starve(after, 3)
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
            local count = 0
            local function sweep(name, ...)
                count = count + swept(name, ...)
            end
            sweep('encode', core.encode, 'json', deep)
            sweep('encode', core.encode, 'msgpack', deep)
            sweep('encode what cannot be', core.encode, 'json', { a = { b = print } })
            sweep('decode', core.decode, 'json', json)
            sweep('decode', core.decode, 'json', '["\\u0000' .. 'AAAA"]')
            sweep('decode', core.decode, 'msgpack', msgpack)
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
