--- The end of a Lua state and of a process, in the middle of everything: nothing crashes or hangs, and what was said is
-- delivered.

local host = require 'spec.support.host'

-- A watcher in this process and an ending in a child; the last word comes through a router that neither ends.
local PRELUDE = [[
    local process = helper.router_process()
    local url, box = process.url, helper.mailbox()
    local watcher = helper.joined(url)
    helper.subscribed(watcher, 'last.word', function(event) box:on 'heard' (#tostring(event.argsList[1])) end)

    -- Runs the program in a process of its own, which hears what it says to itself.
    local function play(program)
        local path = os.tmpname()
        local file = io.open(path, 'w')
        file:write([=[
            local helper, host = require 'spec.helper', require 'host'
            local url, box = ..., helper.mailbox()
            local router = helper.router {}
            local near = helper.joined(router:url())
            local client = helper.joined(url)
            local function say(what) client:publish('last.word', what) end
        ]=], program)
        file:close()
        local lowest = 0
        while arg[lowest - 1] do lowest = lowest - 1 end
        local pid = host.fork()
        if pid == 0 then host.exec('/usr/bin/env', arg[lowest], path, url) end
        return pid, path
    end

    local function ended(pid, path, expected)
        local how, code = host.wait(pid)
        os.remove(path)
        assert(how == 'exit' and code == expected, how .. ' ' .. code)
    end
]]

local ENDINGS = {
    ['os.exit'] = { 'os.exit(3)', 3 },
    ['os.exit closing the state'] = { 'os.exit(3, true)', 3 },
    ['the end of the program'] = { 'return', 0 },
    ['an error'] = { "error 'the end'", 1 },
}

local PLACES = {
    ['outside of callbacks'] = "say 'done' END",
    ['in a callback'] = [[
        helper.subscribed(client, 'go', function() say 'done' END end)
        client:publish('go', 1, nil, { exclude_me = false })
        if not pcall(box.expect, box, 'never') then error 'not ended' end
    ]],
    ['in a callback of a router inside'] = [[
        helper.registered(near, 'go', function() say 'done' END end)
        helper.joined(router:url()):call('go', 1, print)
        if not pcall(box.expect, box, 'never') then error 'not ended' end
    ]],
}

describe('the end #hosts', function()
    for ending, how in pairs(ENDINGS) do
        for place, program in pairs(PLACES) do
            -- an error or a return in a callback ends nothing
            if place == 'outside of callbacks' or ending:find 'os.exit' then
                it(('%s, %s: the last publication arrives'):format(ending, place), function()
                    assert.matches('ok\nstatus 0$', host.run(PRELUDE .. ([[
                        local pid, path = play %q
                        assert(box:expect 'heard' == 4)
                        ended(pid, path, %d)
                        print 'ok'
                    ]]):format(program:gsub('END', how[1], 1), how[2])))
                end)
            end
        end

        it(ending .. ': megabytes that the socket has not taken arrive, too', function()
            assert.matches('ok\nstatus 0$', host.run(PRELUDE .. ([[
                local pid, path = play %q
                for _ = 1, 4 do assert(box:expect 'heard' == 2000000) end
                ended(pid, path, %d)
                print 'ok'
            ]]):format("for _ = 1, 4 do say(('x'):rep(2000000)) end " .. how[1], how[2])))
        end)
    end

    it('os.exit: signals that come while megabytes wait for a router that is busy lose none of them', function()
        assert.equal('ok\nstatus 0', host.run(PRELUDE .. [[
            local pid, path = play(([=[
                local router = %s
                assert(host.handle(14))
                host.kill(router, 19)
                for _ = 1, 4 do say(('x'):rep(2000000)) end
                os.execute(('(sleep 0.3; kill -CONT %%d) &'):format(router))
                assert(host.alarm(0.005))
                os.exit(3)
            ]=]):format(process.pid))
            for _ = 1, 4 do assert(box:expect 'heard' == 2000000) end
            ended(pid, path, 3)
            print 'ok'
        ]]))
    end)

    it('lua_close in one thread: its last word arrives, the others go on', function()
        assert.equal('ok\nstatus 0', host.run(PRELUDE .. [[
            local states = {}
            for i = 1, 4 do
                states[i] = host.state([=[
                    local url, rounds = ...
                    local helper = require 'spec.helper'
                    local client, box = helper.joined(url), helper.mailbox()
                    helper.subscribed(client, 'round.and.round', box:on 'event')
                    for _ = 1, tonumber(rounds) do
                        client:publish('round.and.round', 1, nil, { exclude_me = false })
                        box:expect 'event'
                    end
                    client:publish('last.word', ('x'):rep(1000000))
                ]=], url, tostring(i * i * 20))
                host.start(states[i], true)
            end
            for i = 1, 4 do assert(host.join(states[i])) end
            for _ = 1, 4 do assert(box:expect 'heard' == 1000000) end
            print 'ok'
        ]]))
    end)

    it('lua_close while a client connects, waits to reconnect, or has joined', function()
        assert.equal('ok\nstatus 0', host.run [[
            local router = helper.router {}
            local programs = {
                connecting = "client:connect(url)",
                waiting = "client:options { retryFirstConnect = true, reconnectInterval = 60 } " ..
                    "client:connect 'ws://127.0.0.1:1/' client:poll(0.05)",
                joined = "client:connect(url) while not client:getSessionId() do client:poll(1) end",
                router = "local r = require('loowy.router').new { listen = 'ws://127.0.0.1:0/', realms = 'realm1' } " ..
                    "assert(r:start()) client:connect(r:url()) client:poll(0.05)",
            }
            for round = 1, 5 do
                for name, program in pairs(programs) do
                    local start = "local url = ... local client = require('loowy.client').new(nil, {realm = 'realm1'}) "
                    local state = host.state(start .. program, router:url())
                    if round % 2 == 0 then
                        assert(host.run(state))
                        host.close(state)
                    else
                        host.start(state, true)
                        assert(host.join(state))
                    end
                end
            end
            print 'ok'
        ]])
    end)
end)
