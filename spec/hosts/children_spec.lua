--- Programs that a process starts: they inherit its standard files and nothing else, and signals as they would without
-- Loowy.

local host = require 'spec.support.host'

-- A process with everything that has descriptors: clients, a router, a loop with signals and files.
local BUSY = [[
    local ev = require 'ev'
    local router = helper.router {}
    local client = helper.joined(router:url())
    helper.joined(router:url())
    ev.Signal.new(print, 10):start(ev.Loop.default, true)
    if ev.Stat then ev.Stat.new(print, '/tmp'):start(ev.Loop.default, true) end
    client:publish('a.b', 'c')
]]

-- What the shell and its child see of signals, without the shell's own SIGCHLD games.
local STATUS = [[
    local function status(read)
        local lines = {}
        for line in read:gmatch '[^\n]+' do
            -- 32 and 33 belong to the C library
            if line:find '^Sig[BIC]' then lines[#lines + 1] = line:gsub('^(.-%x%x%x%x%x%x%x)%x%x', '%1__') end
        end
        return table.concat(lines, '\n')
    end
    local function of_popen()
        local pipe = io.popen 'exec cat /proc/self/status'
        local text = pipe:read '*a'
        pipe:close()
        return status(text)
    end
    local function of_execute()
        local name = os.tmpname()
        os.execute('exec cat /proc/self/status > ' .. name)
        local file = io.open(name)
        local text = file:read '*a'
        file:close()
        os.remove(name)
        return status(text)
    end
    local function of_fork()
        local name = os.tmpname()
        local pid = host.fork()
        if pid == 0 then host.exec('/bin/cp', '/proc/self/status', name) end
        host.wait(pid)
        local file = io.open(name)
        local text = file:read '*a'
        file:close()
        os.remove(name)
        return status(text)
    end
    local function all() return of_popen() .. '\n' .. of_execute() .. '\n' .. of_fork() end
]]

describe('a child process #hosts', function()
    for how, list in pairs {
        popen = "io.write(io.popen('exec ls /proc/self/fd'):read '*a')",
        execute = "os.execute 'exec ls /proc/self/fd'",
        exec = "local pid = host.fork() if pid == 0 then host.exec('/bin/ls', '/proc/self/fd') end host.wait(pid)",
    } do
        it('has the descriptors that it was given and no other: ' .. how, function()
            -- those that these specs themselves were started with are there as well
            local without = host.run(list)
            assert.matches('0\n1\n', without)
            assert.equal(without, host.run(BUSY .. list))
        end)
    end

    it('has the signals of a program without Loowy', function()
        local without = host.run(STATUS .. 'print(all())')
        assert.matches('SigIgn', without)
        assert.equal(without, host.run(STATUS .. BUSY .. 'print(all())'))
    end)

    it('dies of a broken pipe, as ever', function()
        assert.equal('141\nstatus 0', host.run(BUSY .. [[
            io.write(io.popen([=[bash -c 'set -o pipefail; yes | head -n 1 > /dev/null; echo $?']=]):read '*a')
        ]]))
    end)

    it('may outlive the program, whose connections end with it', function()
        assert.equal('true\nstatus 0', host.run [[
            local router = helper.router {}
            local watcher = helper.joined(router:url())
            local pid = host.fork()
            if pid == 0 then
                local client = helper.joined(router:url())
                helper.registered(client, 'held.by.child', print)
                os.execute 'sleep 40 > /dev/null 2>&1 &'
                host.kill(host.pid(), 9)
            end
            host.wait(pid)
            -- the procedure is free as soon as the router has seen the end of the connection
            local box, freed = helper.mailbox(), false
            repeat
                watcher:register('held.by.child', { rpc = print, onSuccess = box:on 'yes', onError = box:on 'no' })
                freed = box:next() == 'yes'
            until freed
            print(freed)
        ]])
    end)
end)
