--- Several Lua states in one process, in threads: all of them share the background and the guard, and nothing else.

local host = require 'spec.support.host'

-- A state that says a number of things to itself by each of its two clients, by way of the router.
local TALKER = [[
    local url, name, rounds = ...
    local helper = require 'spec.helper'
    local left, right, box = helper.joined(url), helper.joined(url), helper.mailbox()
    helper.subscribed(right, 'topic.' .. name, function(event) box:on 'event' (event.argsList[1]) end)
    helper.registered(left, 'double.' .. name, function(call) return { argsList = call.argsList[1] * 2 } end)
    for i = 1, tonumber(rounds) do
        left:publish('topic.' .. name, i)
        assert(box:expect 'event' == i)
        local outcome, result = helper.called(right, 'double.' .. name, i)
        assert(outcome == 'onSuccess' and result[1] == 2 * i)
    end
    ENDING
    return name
]]

local PRELUDE = ([[
    local TALKER = %q
    local router = helper.router()
    local function talker(name, rounds, ending)
        return host.state((TALKER:gsub('ENDING', ending or '')), router:url(), name, tostring(rounds))
    end
]]):format(TALKER)

local function run(program)
    return host.run(PRELUDE .. program)
end

describe('Lua states in threads #hosts', function()
    it('talk at the same time', function()
        assert.equal('true one true two\nstatus 0', run [[
            local one, two = talker('one', 200), talker('two', 200)
            host.start(one, true)
            host.start(two, true)
            local ok1, result1 = host.join(one)
            local ok2, result2 = host.join(two)
            print(ok1, result1, ok2, result2)
        ]])
    end)

    it('are many', function()
        assert.equal('16\nstatus 0', run [[
            local states, done = {}, 0
            for i = 1, 16 do states[i] = talker('t' .. i, 20) end
            for _, state in ipairs(states) do host.start(state, true) end
            for i, state in ipairs(states) do
                local ok, result = host.join(state)
                assert(ok and result == 't' .. i, result)
                done = done + 1
            end
            print(done)
        ]])
    end)

    it('are closed while others go on, by whichever thread, in any order', function()
        assert.equal('true slow\nstatus 0', run [[
            local slow = talker('slow', 600)
            host.start(slow, true)
            for round = 1, 3 do
                local states = {}
                for i = 1, 4 do
                    -- left open, so that closing the state is what ends the clients
                    states[i] = talker('quick' .. round .. i, 3)
                    host.start(states[i], i == 1)
                end
                for _, i in ipairs { 3, 1, 4, 2 } do
                    local ok, result = host.join(states[i])
                    assert(ok, result)
                end
                host.close(states[3])
                host.close(states[2])
                host.close(states[4])
            end
            print(host.join(slow))
        ]])
    end)

    it('are made and closed again and again, and leave no descriptor and no thread', function()
        assert.equal('0 0\nstatus 0', run [[
            local lfs = require 'lfs'
            local function count(path)
                local found = 0
                for _ in lfs.dir(path) do found = found + 1 end
                return found
            end
            local function once()
                local state = talker('again', 1)
                host.start(state, true)
                assert(host.join(state))
            end
            for _ = 1, 3 do once() end
            local client, fds, threads = helper.joined(router:url()), nil, nil
            local function measure()
                return count '/proc/self/fd', count '/proc/self/task'
            end
            fds, threads = measure()
            for _ = 1, 25 do once() end
            local fds_after, threads_after
            local deadline = os.time() + 20
            repeat
                client:poll(0.01)
                fds_after, threads_after = measure()
            until fds_after <= fds and threads_after <= threads or os.time() > deadline
            print(math.max(0, fds_after - fds), math.max(0, threads_after - threads))
        ]])
    end)

    it('are made in one thread, run in another, and closed in a third', function()
        assert.equal('true made\nstatus 0', run [[
            local made = talker('made', 20)
            host.start(made)
            local ok, result = host.join(made)
            host.close(made)
            print(ok, result)
        ]])
    end)

    it('have callbacks of their own thread only, and errors of their own', function()
        local output = run [[
            local broken = talker('broken', 5, 'error "mine"')
            local whole = talker('whole', 50)
            host.start(broken, true)
            host.start(whole, true)
            print(host.join(broken))
            print(host.join(whole))
        ]]
        assert.matches('false%s+state:%d+: mine\ntrue%s+whole\nstatus 0', output)
    end)

    it('do not keep a process from ending: os.exit while they talk', function()
        for _, ending in ipairs { 'os.exit(3)', 'host.leave(3)' } do
            assert.equal('status 3', run([[
                for i = 1, 3 do host.start(talker('t' .. i, 1e9), true) end
                local watcher = helper.joined(router:url())
                local box = helper.mailbox()
                helper.subscribed(watcher, 'topic.t1', box:on 'heard')
                box:expect 'heard'
                ]] .. ending))
        end
    end)
end)
