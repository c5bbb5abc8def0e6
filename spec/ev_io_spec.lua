local socket = require 'socket'
local support = require 'spec.support.ev'
local ev, nothing = support.ev, support.nothing

describe('ev.IO', function()
    local loop, pipe

    before_each(function()
        loop = ev.Loop.new()
        pipe = support.pipe()
    end)

    after_each(function()
        for _, file in ipairs { pipe.reader, pipe.writer } do
            if io.type(file) == 'file' then file:close() end
        end
    end)

    local function watch(fd, events, callback)
        local io = ev.IO.new(callback, fd, events)
        io:start(loop)
        return io
    end

    it('§10.4.3 tells its descriptor', function()
        assert.equal(pipe.reader_fd, ev.IO.new(nothing, pipe.reader_fd, ev.READ):getfd())
    end)

    it('§10.4.3 reports what can be read', function()
        local events, got
        watch(pipe.reader_fd, ev.READ, function(_, self, revents)
            events, got = revents, pipe.reader:read(1)
            self:stop(loop)
        end)
        pipe.writer:write 'x'
        loop:loop()
        assert.equal(ev.READ, events)
        assert.equal('x', got)
    end)

    it('§10.4.3 reports what can be written', function()
        local events
        watch(pipe.writer_fd, ev.WRITE, function(_, self, revents)
            events = revents
            self:stop(loop)
        end)
        loop:loop()
        assert.equal(ev.WRITE, events)
    end)

    it('§10.4.3 reports only what is ready of READ and WRITE', function()
        local events
        watch(pipe.writer_fd, ev.READ + ev.WRITE, function(_, self, revents)
            events = revents
            self:stop(loop)
        end)
        loop:loop()
        assert.equal(ev.WRITE, events)
    end)

    it('§10.4.3 reports READ and WRITE together when both are ready', function()
        local listener = assert(socket.bind('127.0.0.1', 0))
        local host, port = listener:getsockname()
        local here = assert(socket.connect(host, port))
        local there = assert(listener:accept())
        there:send 'x'
        socket.select({ here }, nil, 20)
        local events
        local both = watch(here:getfd(), ev.READ + ev.WRITE, function(_, self, revents)
            events = revents
            self:stop(loop)
        end)
        loop:loop()
        assert.equal(ev.READ + ev.WRITE, events)
        assert.equal(here:getfd(), both:getfd())
        for _, one in ipairs { listener, here, there } do one:close() end
    end)

    it('§10.4.3 is level-triggered', function()
        local got = {}
        watch(pipe.reader_fd, ev.READ, function(_, self)
            got[#got + 1] = pipe.reader:read(1)
            if #got == 3 then self:stop(loop) end
        end)
        pipe.writer:write 'abc'
        loop:loop()
        assert.same({ 'a', 'b', 'c' }, got)
    end)

    it('§10.4.3 reports the end of the peer as READ', function()
        local events, got
        watch(pipe.reader_fd, ev.READ, function(_, self, revents)
            events, got = revents, { pipe.reader:read(1) }
            self:stop(loop)
        end)
        pipe.writer:close()
        loop:loop()
        assert.equal(ev.READ, events)
        assert.is_nil(got[1])
    end)

    it('§10.4.3 shares a descriptor between several watchers', function()
        local seen = {}
        for i = 1, 3 do
            watch(pipe.reader_fd, ev.READ, function(_, self)
                seen[#seen + 1] = i
                self:stop(loop)
            end)
        end
        pipe.writer:write 'x'
        loop:loop()
        table.sort(seen)
        assert.same({ 1, 2, 3 }, seen)
    end)

    it('§10.4.3 keeps the others of a descriptor when one stops', function()
        local seen = {}
        local first = watch(pipe.reader_fd, ev.READ, function() seen[#seen + 1] = 'first' end)
        watch(pipe.reader_fd, ev.READ, function(_, self)
            seen[#seen + 1] = 'second'
            self:stop(loop)
        end)
        first:stop(loop)
        pipe.writer:write 'x'
        loop:loop()
        assert.same({ 'second' }, seen)
    end)

    it('§10.4.3 tells only those whose events are ready', function()
        local seen = {}
        local reading = watch(pipe.writer_fd, ev.READ, function() seen[#seen + 1] = 'read' end)
        watch(pipe.writer_fd, ev.WRITE, function(_, self)
            seen[#seen + 1] = 'write'
            self:stop(loop)
            reading:stop(loop)
        end)
        loop:loop()
        assert.same({ 'write' }, seen)
    end)

    it('§10.4.3 can be stopped and started again', function()
        local got = {}
        local io = watch(pipe.reader_fd, ev.READ, function(_, self)
            got[#got + 1] = pipe.reader:read(1)
            self:stop(loop)
        end)
        pipe.writer:write 'ab'
        loop:loop()
        io:start(loop)
        loop:loop()
        assert.same({ 'a', 'b' }, got)
    end)

    it('§10.4.3 does not call back after another callback of the round stopped it', function()
        local other, called = support.pipe(), {}
        local one, two
        one = watch(pipe.reader_fd, ev.READ, function()
            called[#called + 1] = 'one'
            one:stop(loop)
            two:stop(loop)
        end)
        two = watch(other.reader_fd, ev.READ, function()
            called[#called + 1] = 'two'
            one:stop(loop)
            two:stop(loop)
        end)
        pipe.writer:write 'x'
        other.writer:write 'x'
        loop:loop()
        assert.equal(1, #called)
    end)

    it('§10.4.3 does not lose a descriptor that was closed and opened again', function()
        local old = watch(pipe.reader_fd, ev.READ, nothing)
        local number = pipe.reader_fd
        pipe.reader:close()
        pipe.writer:close()
        local again
        repeat again = support.pipe() until again.reader_fd == number
        local got
        watch(number, ev.READ, function(_, self)
            got = again.reader:read(1)
            self:stop(loop)
            old:stop(loop)
        end)
        again.writer:write 'x'
        loop:loop()
        assert.equal('x', got)
    end)

    it('§10.4.3 does not spin for a descriptor that was closed here and lives on in another process', function()
        local heir = io.popen('read line', 'w')
        local io_watcher = watch(pipe.reader_fd, ev.READ, nothing)
        pipe.reader:close()
        io_watcher:stop(loop)
        pipe.writer:write 'x'
        ev.Timer.new(nothing, 0.1):start(loop)
        local before = loop:iteration()
        loop:loop()
        heir:close()
        assert.is_true(loop:iteration() - before <= 4)
    end)

    it('§10.4.3 finds a regular file always ready', function()
        local file, fd = support.regular_file()
        local fired = 0
        watch(fd, ev.READ + ev.WRITE, function(_, self)
            fired = fired + 1
            if fired == 3 then self:stop(loop) end
        end)
        loop:loop()
        file:close()
        assert.equal(3, fired)
    end)

    it('§10.4.3 lets the loop sleep until something is ready', function()
        local before = loop:iteration()
        watch(pipe.reader_fd, ev.READ, function(_, self) self:stop(loop) end)
        ev.Timer.new(function() pipe.writer:write 'x' end, 0.1):start(loop)
        loop:loop()
        assert.is_true(loop:iteration() - before <= 4)
    end)

    it('§10.4.3 takes many descriptors', function()
        local pipes, seen = {}, 0
        for i = 1, 100 do
            pipes[i] = support.pipe()
            watch(pipes[i].reader_fd, ev.READ, function(_, self)
                seen = seen + 1
                self:stop(loop)
            end)
        end
        for i = 1, 100 do pipes[i].writer:write 'x' end
        loop:loop()
        assert.equal(100, seen)
        for i = 1, 100 do
            pipes[i].reader:close()
            pipes[i].writer:close()
        end
    end)

    it('§10.4.3 works with poll(2) as well', function()
        loop = ev.Loop.new(2)
        local order = {}
        watch(pipe.reader_fd, ev.READ, function(_, self)
            order[#order + 1] = pipe.reader:read(1)
            self:stop(loop)
        end)
        watch(pipe.writer_fd, ev.WRITE, function(_, self)
            order[#order + 1] = 'writable'
            pipe.writer:write 'x'
            self:stop(loop)
        end)
        loop:loop()
        assert.same({ 'writable', 'x' }, order)
    end)

    if support.is_ours then
        it('§10.4.3 raises an error for a descriptor that is not open', function()
            for _, backend in ipairs { 2, loop:backend() } do
                loop = ev.Loop.new(backend)
                for _, fd in ipairs { -1, 987654 } do
                    local io = ev.IO.new(nothing, fd, ev.READ)
                    local ok, message = pcall(function() io:start(loop) end)
                    assert.is_false(ok)
                    assert.matches('ev_io_spec.lua:%d+: cannot watch file descriptor %-?%d+: Bad file', message)
                    assert.is_false(io:is_active())
                end
                loop:loop()
            end
        end)

        it('§10.4.3 refuses events other than READ and WRITE', function()
            for _, events in ipairs { 0, 4, -1, 1024 } do
                assert.is_false(pcall(ev.IO.new, nothing, pipe.reader_fd, events))
            end
        end)
    end
end)
