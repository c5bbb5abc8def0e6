--- Limits of the system: no descriptors, no threads. What cannot be had is an error with a reason, nothing spins, and
-- what was there before goes on.

local host = require 'spec.support.host'

-- Takes all descriptors but that many; `give()` gives them back.
local TAKE = [[
    local lfs = require 'lfs'
    local taken = {}
    local function take(left)
        host.limit('files', 200)
        local file = io.open '/dev/null'
        while file do
            taken[#taken + 1] = file
            file = io.open '/dev/null'
        end
        for _ = 1, left do table.remove(taken):close() end
    end
    local function give()
        for _, file in ipairs(taken) do file:close() end
        taken = {}
    end
    local loowy = require 'loowy.client'
    local function failing(url)
        local box = helper.mailbox()
        local client = helper.client(box:callbacks('onConnect', 'onError', 'onClose'))
        client:connect(url)
        local name, message = box:next 'what comes of it'
        return client, box, name, name == 'onError' and message.error
    end
]]

describe('without descriptors #hosts', function()
    it('a client tells why it cannot connect, at each number of them, and connects when there are some', function()
        assert.matches('^connected\nstatus 0$', host.run(TAKE .. [[
            local process = helper.router_process()
            require('ev').Loop.default:update_now()
            local connected = false
            for left = 0, 12 do
                take(left)
                local ok, client, box, name, message = pcall(failing, process.url)
                give()
                if not ok then
                    -- the loop itself needs one for each client
                    assert(tostring(client):find 'Too many open files', client)
                elseif name == 'onConnect' then
                    connected = true
                    client:disconnect()
                else
                    assert(name == 'onError' and message:find 'Too many open files', tostring(message))
                    client:options().onError = print
                    client:connect(process.url)
                    box:expect 'onConnect'
                    client:disconnect()
                end
            end
            print(connected and 'connected')
        ]]))
    end)

    it('a client that reconnects goes on trying, at its interval, until there are some', function()
        assert.equal('back\nstatus 0', host.run(TAKE .. [[
            local process = helper.router_process()
            local box = helper.mailbox()
            local client = helper.joined(process.url, { reconnectInterval = 0.05, maxRetries = 1000,
                onReconnect = box:on 'onReconnect', onReconnectSuccess = box:on 'onReconnectSuccess' })
            helper.subscribed(client, 'topic', box:on 'event')
            process:kill()
            process:start()
            take(0)
            local cpu = os.clock()
            for _ = 1, 5 do box:expect 'onReconnect' end
            assert(os.clock() - cpu < 0.5, 'spun')
            give()
            local name
            repeat name = box:next() until name ~= 'onReconnect'
            assert(name == 'onReconnectSuccess', name)
            client:publish('topic', 1, nil, { exclude_me = false })
            box:expect 'event'
            print 'back'
        ]]))
    end)

    it('a router goes on with its sessions, does not spin, and accepts again when there are some', function()
        local told = 'warning connections wait\nwarning connections can be accepted again\n'
        assert.equal(told .. 'status 0', host.run(TAKE .. [[
            local socket = require 'socket'
            local lines = {}
            local router = helper.router { log = function(level, message)
                table.insert(lines, level .. ' ' .. message:gsub(',.*', ''))
            end }
            local old, box = helper.joined(router:url()), helper.mailbox()
            helper.subscribed(old, 'topic', box:on 'event')
            local client = helper.client { onConnect = box:on 'onConnect', onError = box:on 'onError' }
            client:getfd()
            -- one for the socket that knocks and none for the one that opens
            take(1)
            local knocking = assert(socket.connect('127.0.0.1', router:url():match ':(%d+)/'))
            assert(not io.open '/dev/null')
            local cpu, from = os.clock(), socket.gettime()
            repeat
                old:publish('topic', 1, nil, { exclude_me = false })
                box:expect 'event'
                socket.sleep(0.02)
            until socket.gettime() - from > 1
            assert(os.clock() - cpu < 0.5, 'spun')
            give()
            knocking:close()
            client:connect(router:url())
            box:expect 'onConnect'
            router:stop()
            print(table.concat(lines, '\n'))
        ]]))
    end)

    it('a router tells why it cannot start', function()
        assert.equal('cannot listen\nstatus 0', host.run(TAKE .. [[
            local router = require('loowy.router').new { listen = 'ws://127.0.0.1:0/ws', realms = 'realm1' }
            for left = 0, 8 do
                take(left)
                local started, message = router:start()
                give()
                if started then
                    assert(left > 0)
                    router:stop()
                else
                    assert(message:find 'Too many open files', message)
                end
            end
            assert(router:start())
            print 'cannot listen'
        ]]))
    end)
end)

-- Root knows no limits, so the programs become somebody else.
local NO_THREADS = [[
    local loowy = require 'loowy.client'
    local Router = require 'loowy.router'
    require 'ev'
    host.become(65534)
    assert(host.limit('processes', 0))
]]

describe('without threads #hosts', function()
    it('a client tells why it cannot connect', function()
        local output = host.run([[
            local process = helper.router_process()
        ]] .. NO_THREADS .. [[
            local box = helper.mailbox()
            local client = helper.client(box:callbacks('onConnect', 'onError', 'onClose'))
            for _ = 1, 3 do
                client:connect(process.url)
                local failure = box:expect 'onError'
                print(failure.error)
            end
            host.limit('processes', 1000)
            client:connect(process.url)
            box:expect 'onConnect'
            print 'connected'
            os.exit(0)
        ]])
        assert.matches('^(Resource temporarily unavailable[^\n]*\n)%1%1connected\nstatus 0$', output)
    end)

    it('a router tells why it cannot start', function()
        assert.matches('^[^\n]*Resource temporarily unavailable[^\n]*\nstatus 0$', host.run(NO_THREADS .. [[
            local router = Router.new { listen = 'ws://127.0.0.1:0/ws', realms = 'realm1' }
            local started, message = router:start()
            print(message)
            host.limit('processes', 1000)
            assert(router:start())
        ]]))
    end)

    it('a connection that needs one more tells so: names and certificates are read on another', function()
        assert.matches('^[^\n]+\nok\nstatus 0$', host.run([[
            local process = helper.router_process()
            local url = process.url
            local first = helper.joined(url)
        ]] .. NO_THREADS .. [[
            local box = helper.mailbox()
            local client = helper.client(box:callbacks('onConnect', 'onError', 'onClose'))
            client:connect((url:gsub('127.0.0.1', 'localhost')))
            local name, failure = box:next()
            print(name, type(failure) == 'table' and failure.error)
            -- what is there goes on
            assert(helper.published(first, 'a.b', 1) == 'onSuccess')
            print 'ok'
            os.exit(0)
        ]]))
    end)
end)
