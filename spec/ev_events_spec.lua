local support = require 'spec.support.ev'
local ev, nothing = support.ev, support.nothing

describe('ev.Idle', function()
    local loop

    before_each(function() loop = ev.Loop.new() end)

    it('§10.4.4 runs every round, without sleep', function()
        local rounds = {}
        local idle = ev.Idle.new(function(_, self, events)
            assert.equal(ev.IDLE, events)
            rounds[#rounds + 1] = loop:iteration()
            if #rounds == 5 then self:stop(loop) end
        end)
        ev.Timer.new(nothing, 100):start(loop, true)
        idle:start(loop)
        loop:loop()
        for i = 2, 5 do assert.equal(rounds[i - 1] + 1, rounds[i]) end
    end)

    it('§10.4.4 waits while something of its priority or above is pending', function()
        local order = {}
        local idle = ev.Idle.new(function(_, self)
            order[#order + 1] = 'idle'
            self:stop(loop)
        end)
        idle:start(loop)
        ev.Timer.new(function() order[#order + 1] = 'timer' end, 0):start(loop)
        support.spin(loop, 0.002)
        loop:loop()
        assert.same({ 'timer', 'idle' }, order)
    end)

    it('§10.4.4 comes after the timers and descriptors of the round', function()
        local order, pipe = {}, support.pipe()
        ev.Idle.new(function(_, self)
            order[#order + 1] = 'idle'
            self:stop(loop)
        end):start(loop)
        ev.Timer.new(function() order[#order + 1] = 'ready' end, 0):start(loop)
        ev.IO.new(function(_, self)
            order[#order + 1] = 'ready'
            self:stop(loop)
        end, pipe.writer_fd, ev.WRITE):start(loop)
        support.spin(loop, 0.002)
        loop:loop()
        pipe.reader:close()
        pipe.writer:close()
        assert.same({ 'ready', 'ready', 'idle' }, order)
    end)

    it('§10.4.4 goes before lower priorities', function()
        local order = {}
        local idle = ev.Idle.new(function(_, self)
            order[#order + 1] = 'idle'
            self:stop(loop)
        end)
        idle:priority(1)
        idle:start(loop)
        ev.Timer.new(function() order[#order + 1] = 'timer' end, 0):start(loop)
        support.spin(loop, 0.002)
        loop:loop()
        assert.same({ 'idle', 'timer' }, order)
    end)
end)

describe('ev.Async', function()
    local loop

    before_each(function() loop = ev.Loop.new() end)

    it('§10.4.5 calls back once for all that was sent until then', function()
        local events = {}
        local async = ev.Async.new(function(_, self, revents)
            events[#events + 1] = revents
            if #events == 2 then return self:stop(loop) end
            self:send(loop)
            self:send(loop)
        end)
        async:start(loop)
        for _ = 1, 3 do async:send(loop) end
        loop:loop()
        assert.same({ ev.ASYNC, ev.ASYNC }, events)
    end)

    it('§10.4.5 keeps the loop waiting for it', function()
        local order = {}
        local async = ev.Async.new(function(_, self)
            order[#order + 1] = 'async'
            self:stop(loop)
        end)
        async:start(loop)
        ev.Timer.new(function()
            order[#order + 1] = 'timer'
            async:send(loop)
        end, 0.01):start(loop)
        loop:loop()
        assert.same({ 'timer', 'async' }, order)
    end)

    it('§10.4.5 forgets what was sent while it was not active', function()
        local fired = 0
        local async = ev.Async.new(function() fired = fired + 1 end)
        async:send(loop)
        async:start(loop, true)
        async:stop(loop)
        async:send(loop)
        async:start(loop, true)
        ev.Timer.new(nothing, 0.01):start(loop)
        loop:loop()
        assert.equal(0, fired)
    end)
end)

describe('ev.Signal', function()
    local loop

    before_each(function() loop = ev.Loop.new() end)

    it('§10.4.6 delivers a signal in the loop', function()
        local events
        local signal = ev.Signal.new(function(_, self, revents)
            events = revents
            self:stop(loop)
        end, ev.SIGUSR1)
        signal:start(loop)
        support.kill 'USR1'
        assert.is_nil(events)
        loop:loop()
        assert.equal(ev.SIGNAL, events)
    end)

    it('§10.4.6 wakes a loop that sleeps', function()
        local got = false
        local signal = ev.Signal.new(function(_, self)
            got = true
            self:stop(loop)
        end, ev.SIGUSR2)
        signal:start(loop)
        assert(os.execute '(sleep 0.1; kill -USR2 $PPID) &')
        loop:loop()
        assert.is_true(got)
    end)

    it('§10.4.6 tells several watchers of one signal, and tells signals apart', function()
        local got = {}
        local watchers = {}
        for i, number in ipairs { ev.SIGUSR1, ev.SIGUSR1, ev.SIGUSR2 } do
            watchers[i] = ev.Signal.new(function(_, self)
                got[#got + 1] = i
                self:stop(loop)
            end, number)
            watchers[i]:start(loop, i == 3)
        end
        support.kill 'USR1'
        loop:loop()
        watchers[3]:stop(loop)
        table.sort(got)
        assert.same({ 1, 2 }, got)
    end)

    it('§10.4.6 gives the signal its default action back when it stops', function()
        local output = support.run [[
            local signal = ev.Signal.new(function(_, self)
                print('caught')
                io.stdout:flush()
                self:stop(loop)
            end, ev.SIGTERM)
            signal:start(loop)
            os.execute('kill -TERM $PPID')
            loop:loop()
            os.execute('kill -TERM $PPID')
            print('survived')]]
        assert.matches('^caught\n', output)
        assert.is_nil(output:match 'survived')
        assert.matches('status 143\n$', output)
    end)

    if support.is_ours then
        it('§10.4.6 belongs to one loop', function()
            local first, second = ev.Signal.new(nothing, ev.SIGUSR1), ev.Signal.new(nothing, ev.SIGUSR1)
            first:start(loop)
            local ok, message = pcall(function() second:start(ev.Loop.new()) end)
            assert.is_false(ok)
            assert.matches('ev_events_spec.lua:%d+: cannot watch signal %d+: another loop', message)
            first:stop(loop)
            local other = ev.Loop.new()
            second:start(other)
            second:stop(other)
        end)

        it('§10.4.6 is free for others when its loop was collected', function()
            support.abandon(function() ev.Signal.new(nothing, ev.SIGUSR1):start(ev.Loop.new()) end)
            local signal = ev.Signal.new(nothing, ev.SIGUSR1)
            signal:start(loop)
            signal:stop(loop)
        end)

        it('§10.4.6 raises an error for what is no signal or cannot be caught', function()
            for _, number in ipairs { 0, -1, 9, 4711 } do
                local signal = ev.Signal.new(nothing, number)
                local ok, message = pcall(function() signal:start(loop) end)
                assert.is_false(ok)
                assert.matches('cannot watch signal', message)
                assert.is_false(signal:is_active())
            end
        end)
    end
end)

describe('ev.Child', function()
    local loop = ev.Loop.default

    -- libev misses children that end before the default loop is initialised
    setup(function() loop:update_now() end)

    -- A child process that prints its pid, then runs `command`.
    local function spawn(command)
        local process = io.popen('echo $$; ' .. command)
        return tonumber(process:read '*l'), process
    end

    local function watch(pid, trace, callback)
        local child = ev.Child.new(callback, pid, trace)
        child:start(loop)
        return child
    end

    it('§10.4.7 reports how a process ended', function()
        local pid, process = spawn 'exit 3'
        local events, rpid, status
        local child = watch(pid, false, function(_, self, revents)
            events, rpid, status = revents, self:getrpid(), self:getstatus()
            self:stop(loop)
        end)
        assert.equal(pid, child:getpid())
        loop:loop()
        process:close()
        assert.equal(ev.CHILD, events)
        assert.equal(pid, rpid)
        assert.is_true(status.exited)
        assert.is_false(status.stopped)
        assert.is_false(status.signaled)
        assert.equal(3, status.exit_status)
        assert.equal(3 * 256, status.status)
        assert.is_nil(status.term_signal)
        assert.is_nil(status.stop_signal)
    end)

    it('§10.4.7 reports the signal that ended a process', function()
        local pid, process = spawn 'kill -TERM $$'
        local status
        watch(pid, false, function(_, self)
            status = self:getstatus()
            self:stop(loop)
        end)
        loop:loop()
        process:close()
        assert.is_true(status.signaled)
        assert.is_false(status.exited)
        assert.equal(ev.SIGTERM, status.term_signal)
        assert.is_nil(status.exit_status)
    end)

    it('§10.4.7 reports stops and continuations when it traces', function()
        local pid, process = spawn 'kill -STOP $$; exec sleep 60'
        local seen, quiet = {}, {}
        watch(pid, true, function(_, self)
            local status = self:getstatus()
            if status.stopped then
                seen[#seen + 1] = 'stopped by ' .. status.stop_signal
                os.execute('kill -CONT ' .. pid)
            elseif status.signaled or status.exited then
                seen[#seen + 1] = 'ended'
                self:stop(loop)
            else
                seen[#seen + 1] = 'continued'
                os.execute('kill -KILL ' .. pid)
            end
        end)
        watch(pid, false, function(_, self)
            quiet[#quiet + 1] = self:getstatus().term_signal
            self:stop(loop)
        end)
        loop:loop()
        process:close()
        assert.same({ ('stopped by %d'):format(ev.SIGSTOP or 19), 'continued', 'ended' }, seen)
        assert.same({ ev.SIGKILL }, quiet)
    end)

    it('§10.4.7 watches any child with pid 0', function()
        local pid, process = spawn 'exit 0'
        local rpid
        local child = watch(0, false, function(_, self)
            rpid = self:getrpid()
            self:stop(loop)
        end)
        assert.equal(0, child:getpid())
        loop:loop()
        process:close()
        assert.equal(pid, rpid)
    end)

    it('§10.4.7 tells several watchers of one process', function()
        local pid, process = spawn 'sleep 0.05; exit 7'
        local codes = {}
        for _ = 1, 2 do
            watch(pid, false, function(_, self)
                codes[#codes + 1] = self:getstatus().exit_status
                self:stop(loop)
            end)
        end
        loop:loop()
        process:close()
        assert.same({ 7, 7 }, codes)
    end)

    it('§10.4.7 watches a pid that no child has in vain', function()
        for _, pid in ipairs { 1, -1, -4711 } do
            local fired = false
            local child = watch(pid, false, function() fired = true end)
            ev.Timer.new(function() loop:unloop() end, 0.02):start(loop)
            loop:loop()
            child:stop(loop)
            assert.is_false(fired)
            assert.equal(0, child:getrpid())
        end
    end)

    it('§10.4.7 needs a boolean for trace', function()
        assert.is_false(pcall(ev.Child.new, nothing, 1))
        assert.is_false(pcall(ev.Child.new, nothing, 1, 'yes'))
    end)

    if support.is_ours then
        it('§10.4.7 works in the default loop only', function()
            local child = ev.Child.new(nothing, 0, false)
            local ok, message = pcall(function() child:start(ev.Loop.new()) end)
            assert.is_false(ok)
            assert.matches('ev_events_spec.lua:%d+: child watchers work in the default loop only', message)
        end)

        it('§10.4.7 leaves other children to those who wait for them', function()
            local pid, process = spawn 'exit 0'
            local other = io.popen 'exit 5'
            watch(pid, false, function(_, self) self:stop(loop) end)
            loop:loop()
            process:close()
            local closed = { other:close() }
            if _VERSION ~= 'Lua 5.1' then assert.equal(5, closed[3]) end
        end)
    end
end)

describe('ev.Stat', function()
    local loop, path

    before_each(function()
        loop = ev.Loop.new()
        path = os.tmpname()
    end)

    after_each(function() os.remove(path) end)

    local function write(text)
        local file = assert(io.open(path, 'a'))
        file:write(text)
        file:close()
    end

    local function later(fn) ev.Timer.new(fn, 0.01):start(loop) end

    -- Watches the path until `ready(data)`; returns the data and the events then.
    local function watch(ready)
        local data, events
        local stat = ev.Stat.new(function(_, self, revents)
            data, events = self:getdata(), revents
            if ready(data) then self:stop(loop) end
        end, path, 1)
        stat:start(loop)
        loop:loop()
        return data, events
    end

    it('§10.4.8 tells what it watches', function()
        write 'four'
        local stat = ev.Stat.new(nothing, path, 3)
        stat:start(loop)
        local data = stat:getdata()
        stat:stop(loop)
        assert.equal(path, data.path)
        assert.equal(3, data.interval)
        for _, part in ipairs { 'attr', 'prev' } do
            for _, name in ipairs { 'dev', 'ino', 'mode', 'nlink', 'uid', 'gid', 'rdev', 'size', 'atime', 'mtime',
                                    'ctime' } do
                assert.is_number(data[part][name], name)
            end
        end
        assert.equal(4, data.attr.size)
        assert.equal(1, data.attr.nlink)
        assert.equal(0, ev.Stat.new(nothing, path):getdata().interval)
    end)

    it('§10.4.8 reports a change, with the state before', function()
        write 'four'
        later(function() write 'more' end)
        local data, events = watch(function(data) return data.attr.size == 8 end)
        assert.equal(ev.STAT, events)
        assert.equal(4, data.prev.size)
        assert.equal(8, data.attr.size)
    end)

    it('§10.4.8 reports that the file goes, and that it comes', function()
        later(function() os.remove(path) end)
        local data = watch(function(data) return data.attr.nlink == 0 end)
        assert.equal(1, data.prev.nlink)
        later(function() write 'new' end)
        data = watch(function(now) return now.attr.size == 3 end)
        assert.equal(1, data.attr.nlink)
    end)

    it('§10.4.8 follows the path when another file takes its place', function()
        local other = path .. '.new'
        local file = assert(io.open(other, 'w'))
        file:write 'replacement'
        file:close()
        later(function() assert(os.rename(other, path)) end)
        local data = watch(function(data) return data.attr.size == #'replacement' end)
        assert.is_true(data.prev.ino ~= data.attr.ino)
    end)

    it('§10.4.8 sees a file appear in a directory that does not exist yet', function()
        local directory = path .. '.d'
        local inner = directory .. '/sub/file'
        local size
        local stat = ev.Stat.new(function(_, self)
            size = self:getdata().attr.size
            if size == 4 then self:stop(loop) end
        end, inner, 1)
        stat:start(loop)
        later(function()
            os.execute(('mkdir -p %s/sub && printf text > %s'):format(directory, inner))
        end)
        loop:loop()
        os.execute('rm -r ' .. directory)
        assert.equal(4, size)
    end)

    it('§10.4.8 may be one of several for a file', function()
        local seen = 0
        for _ = 1, 3 do
            ev.Stat.new(function(_, self)
                seen = seen + 1
                self:stop(loop)
            end, path, 1):start(loop)
        end
        later(function() write 'x' end)
        loop:loop()
        assert.equal(3, seen)
    end)

    if support.is_ours then
        it('§10.4.8 goes on after fork', function()
            local seen = false
            ev.Stat.new(function(_, self)
                seen = true
                self:stop(loop)
            end, path, 1):start(loop)
            loop:fork()
            later(function() write 'x' end)
            loop:loop()
            assert.is_true(seen)
        end)

        it('§10.4.8 lets the loop sleep', function()
            ev.Stat.new(nothing, path):start(loop, true)
            ev.Timer.new(nothing, 0.2):start(loop)
            loop:loop()
            assert.is_true(loop:iteration() <= 4)
        end)
    end
end)
