--- Signals of the program around Loowy: its handlers run on its own threads, and what they interrupt goes on.

local host = require 'spec.support.host'

-- Traffic of one client with itself by way of the router inside: so many rounds, every one answered.
local TRAFFIC = [[
    local router = helper.router {}
    local url = router:url()
    local client, caller, box = helper.joined(url), helper.joined(url), helper.mailbox()
    helper.registered(client, 'echo', function(call) return { argsList = call.argsList } end)
    helper.subscribed(client, 'topic', function(event) box:on 'event' (event.argsList[1]) end)
    local function talk(rounds)
        for i = 1, rounds do
            caller:publish('topic', i)
            assert(box:expect 'event' == i)
            local outcome, result = helper.called(caller, 'echo', { i, ('x'):rep(i % 7 * 1000) })
            assert(outcome == 'onSuccess' and result[1] == i)
        end
    end
    talk(1)
]]

describe('signals of the host #hosts', function()
    for name, number in pairs { SIGALRM = 14, SIGCHLD = 17, SIGTERM = 15, SIGUSR1 = 10, SIGPIPE = 13 } do
        it(name .. ' reaches a handler on the host\'s threads, and only there', function()
            assert.equal('100 0\nstatus 0', host.run(TRAFFIC .. ([[
                assert(host.handle(%d))
                for _ = 1, 100 do
                    local before = host.signals()
                    host.kill(host.pid(), %d)
                    talk(1)
                    while host.signals() == before do talk(1) end
                end
                print(host.signals())
            ]]):format(number, number)))
        end)
    end

    it('a thousand a second disturb nothing', function()
        local output = host.run(TRAFFIC .. [[
            assert(host.handle(14))
            assert(host.alarm(0.001))
            local again = {}
            for i = 1, 20 do again[i] = helper.joined(url) end
            local deadline = os.time() + 2
            repeat talk(20) until os.time() >= deadline
            for _, other in ipairs(again) do other:disconnect() end
            -- polling, and stopping a router, wait in other calls
            local second = helper.router {}
            local polled, connected = nil, false
            polled = require('loowy.client').new(nil, { realm = 'realm1', onConnect = function() connected = true end })
            polled:connect(second:url())
            while not connected do polled:poll(1) end
            second:stop()
            host.alarm(0)
            local came, strangers = host.signals()
            print(came > 500, strangers)
        ]])
        assert.equal('true 0\nstatus 0', output)
    end)

    it('SIGPIPE is never raised by a peer that is gone', function()
        assert.equal('2\nstatus 0', host.run [[
            -- a router that dies while much is on its way to it
            local process = helper.router_process()
            local box, told = helper.mailbox(), 0
            local function tell() told = told + 1 end
            local client = helper.joined(process.url, { autoReconnect = false, onClose = box:on 'onClose' })
            client:publish('a', ('x'):rep(1e6), { onSuccess = tell, onError = tell })
            process:kill()
            for _ = 1, 20 do client:publish('a', ('x'):rep(1e5)) end
            client:call('b', 1, { onSuccess = print, onError = tell })
            box:expect 'onClose'
            print(told)
        ]])
    end)

    it('a stopped process goes on where it was: the session is the same', function()
        assert.equal('true\nstatus 0', host.run(TRAFFIC .. [[
            local session, pid = client:getSessionId(), host.pid()
            for _ = 1, 5 do
                os.execute(('(sleep 0.1; kill -CONT %d) & kill -STOP %d'):format(pid, pid))
                talk(5)
            end
            print(client:getSessionId() == session)
        ]]))
    end)

    it('SIGTERM ends a program that does not handle it, whatever its threads do', function()
        assert.matches('status 143$', host.run(TRAFFIC .. [[
            host.kill(host.pid(), 15)
            talk(1e9)
        ]]))
    end)
end)
