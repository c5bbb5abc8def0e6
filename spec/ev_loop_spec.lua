local support = require 'spec.support.ev'
local ev, nothing = support.ev, support.nothing

describe('ev.Loop', function()
    local loop

    before_each(function() loop = ev.Loop.new() end)

    local function after(seconds, fn)
        local timer = ev.Timer.new(fn, seconds)
        timer:start(loop)
        return timer
    end

    it('§10.2.1 default is one object, always the same', function()
        assert.equal(ev.Loop.default, ev.Loop.default)
        assert.equal(ev.Loop.default, require(support.name).Loop.default)
    end)

    it('§10.2.1 default begins with its first use', function()
        local output = support.run [[
            print(loop:iteration(), loop:depth(), ev.object_count())
            ev.Timer.new(function(own) print(own == loop, own:iteration() > 0) end, 0):start(loop)
            loop:loop()
            print(ev.object_count() > 0)]]
        assert.equal('0\t0\t0\ntrue\ttrue\ntrue\nstatus 0\n', output)
    end)

    it('§10.2.5 is_default tells the default loop from others', function()
        assert.is_true(ev.Loop.default:is_default())
        assert.is_false(loop:is_default())
    end)

    it('§10.2.2 new makes independent loops, with or without flags', function()
        local other, fired = ev.Loop.new(0), 0
        after(0, function() fired = fired + 1 end)
        other:loop()
        assert.equal(0, fired)
        loop:loop()
        assert.equal(1, fired)
    end)

    it('§10.2.12 is a userdata that takes no fields', function()
        assert.is_userdata(loop)
        for _, own in ipairs { loop, ev.Loop.default } do
            assert.is_false(pcall(function() own.field = 1 end))
            assert.is_false(pcall(function() own.loop = nothing end))
            assert.is_nil(own.field)
        end
        if _VERSION >= 'Lua 5.3' then assert.matches('^ev{loop}: ', tostring(loop)) end
    end)

    it('§10.2.2 new takes flags that choose the backend', function()
        for _, backend in ipairs { 2, loop:backend() } do
            local other, fired = ev.Loop.new(backend), false
            assert.equal(backend, other:backend())
            ev.Timer.new(function() fired = true end, 0.001):start(other)
            other:loop()
            assert.is_true(fired)
        end
    end)

    it('§10.2.3 loop returns nothing, at once when nothing is active', function()
        assert.equal(0, select('#', loop:loop()))
    end)

    it('§10.2.3 loop runs until nothing is active', function()
        local order = {}
        after(0.002, function() order[#order + 1] = 'second' end)
        after(0.001, function()
            order[#order + 1] = 'first'
            after(0.01, function() order[#order + 1] = 'third' end)
        end)
        loop:loop()
        assert.same({ 'first', 'second', 'third' }, order)
    end)

    it('§10.2.3 §10.2.7 loop may be nested', function()
        local depths = {}
        after(0, function()
            depths[#depths + 1] = loop:depth()
            after(0, function() depths[#depths + 1] = loop:depth() end)
            loop:loop()
            depths[#depths + 1] = loop:depth()
        end)
        loop:loop()
        assert.same({ 1, 2, 1 }, depths)
        assert.equal(0, loop:depth())
    end)

    it('§10.2.4 unloop ends all nested loops after the current round', function()
        local order = {}
        local repeating = ev.Timer.new(nothing, 0, 0.001)
        repeating:start(loop)
        after(0, function()
            after(0, function()
                loop:unloop()
                order[#order + 1] = 'unloop'
            end)
            loop:loop()
            order[#order + 1] = 'inner ended'
        end)
        loop:loop()
        order[#order + 1] = 'outer ended'
        assert.same({ 'unloop', 'inner ended', 'outer ended' }, order)
        assert.is_true(repeating:is_active())
    end)

    it('§10.2.4 unloop finishes the round', function()
        local fired = 0
        for _ = 1, 3 do
            after(0, function()
                fired = fired + 1
                loop:unloop()
            end)
        end
        support.spin(loop, 0.002)
        loop:loop()
        assert.equal(3, fired)
    end)

    it('§10.2.4 unloop does nothing when the loop is not running', function()
        local fired = false
        after(0.001, function() fired = true end)
        loop:unloop()
        loop:loop()
        assert.is_true(fired)
    end)

    it('§10.2.6 iteration and count are the number of rounds', function()
        assert.equal(0, loop:iteration())
        after(0.001, nothing)
        loop:loop()
        assert.is_true(loop:iteration() >= 1)
        assert.equal(loop:iteration(), loop:count())
    end)

    it('§10.2.8 now is the time of the round, in seconds since the epoch', function()
        assert.is_true(math.abs(loop:update_now() - os.time()) < 30)
        local first, second
        after(0.001, function()
            first = loop:now()
            support.compute(0.01)               -- does not move it
            second = loop:now()
        end)
        loop:loop()
        assert.equal(first, second)
        assert.is_true(loop:update_now() >= first + 0.01)
        if math.type then assert.equal('float', math.type(first)) end
    end)

    it('§10.2.9 update_now refreshes the time and returns it', function()
        local before = loop:now()
        support.spin(loop, 0.01)
        assert.is_true(loop:now() >= before + 0.01)
        local updated = loop:update_now()
        assert.equal(updated, loop:now())
    end)

    it('§10.2.10 backend is one of libev\'s', function()
        local known = { [1] = true, [2] = true, [4] = true, [8] = true, [32] = true }
        assert.is_true(known[loop:backend()])
    end)

    it('§10.2.10 backend is epoll where there is one', function()
        local is_linux = io.open '/proc/self/fdinfo/0'
        if is_linux then
            is_linux:close()
            assert.equal(4, loop:backend())
        end
    end)

    it('§10.2.11 fork keeps what is active', function()
        local pipe, got = support.pipe(), nil
        local io = ev.IO.new(function(_, self)
            got = pipe.reader:read(1)
            self:stop(loop)
        end, pipe.reader_fd, ev.READ)
        io:start(loop)
        loop:fork()
        pipe.writer:write 'x'
        loop:loop()
        assert.equal('x', got)
    end)

    if jit then
        it('§10.2.11 fork makes the loop independent of the parent process', function()
            local output = support.run [[
                local ffi = require 'ffi'
                ffi.cdef 'int fork(void); int waitpid(int pid, int *status, int options);'
                local function caught(who)
                    return function(_, self)
                        io.stdout:write(who, ' caught it\n')
                        io.stdout:flush()
                        self:stop(loop)
                    end
                end
                local signal = ev.Signal.new(caught 'child', ev.SIGUSR1)
                signal:start(loop)
                local pid = ffi.C.fork()
                if pid == 0 then
                    loop:fork()
                    os.execute 'kill -USR1 $PPID'
                    loop:loop()
                    os.exit(0)
                end
                ffi.C.waitpid(pid, nil, 0)
                signal:callback(caught 'parent')
                local rounds = loop:iteration()
                ev.Timer.new(function()
                    print('rounds of the parent', loop:iteration() - rounds)
                    os.execute 'kill -USR1 $PPID'
                end, 0.05):start(loop)
                loop:loop()]]
            assert.matches('^child caught it\nrounds of the parent\t[12]\nparent caught it\nstatus 0\n$', output)
        end)
    end

    it('§10.2.2 is destroyed when it is collected, watchers and all', function()
        local before = support.descriptor_count()
        support.abandon(function()
            for _ = 1, 10 do
                local other = ev.Loop.new()
                ev.Timer.new(nothing, 100):start(other)
                other:update_now()
            end
        end)
        assert.equal(before, support.descriptor_count())
    end)

    -- LuaJIT keeps what it has compiled, and with it every function that was met on the way.
    it('§10.2.2 is destroyed even if compiled code has served it', function()
        local output = support.run [[
            local support = require 'spec.support.ev'
            local function nothing() end
            local function all(use)
                for i = 1, 300 do
                    use(ev.Loop.new())
                    if i % 20 == 0 then collectgarbage() end
                end
            end
            local function begin_and_end(watcher, own)
                watcher:start(own)
                watcher:stop(own)
            end
            local uses = {
                function(own)
                    local timer, rounds = nil, 0
                    timer = ev.Timer.new(function()
                        rounds = rounds + 1
                        if rounds == 3 then timer:stop(own) end
                    end, 0, 0.00001)
                    timer.own = own
                    timer:start(own)
                    own:loop()
                end,
                function(own)
                    local idle = ev.Idle.new(function(_, self) self:stop(own) end)
                    idle:start(own)
                    own:loop()
                end,
                function(own) begin_and_end(ev.IO.new(nothing, 0, ev.READ), own) end,
                function(own) begin_and_end(ev.Signal.new(nothing, ev.SIGUSR1), own) end,
                function(own) begin_and_end(ev.Stat.new(nothing, '.'), own) end,
            }
            for i, use in ipairs(uses) do
                local objects, descriptors = ev.object_count(), support.descriptors_now()
                all(use)
                for _ = 1, 3 do collectgarbage() end
                print(i, ev.object_count() - objects <= 6, support.descriptors_now() - descriptors <= 6)
            end]]
        local expected = {}
        for i = 1, 5 do expected[i] = i .. '\ttrue\ttrue\n' end
        assert.equal(table.concat(expected) .. 'status 0\n', output)
    end)

    it('§10.2.2 leaves its descriptors out of the processes it starts', function()
        loop:update_now()
        local listing = io.popen('ls -l /dev/fd/ | grep -c anon_inode')
        assert.equal('0', listing:read())
        listing:close()
    end)

    it('§10.2.3 sleeps until the next timer, without looking in between', function()
        local before = loop:iteration()
        after(0.15, nothing)
        loop:loop()
        assert.is_true(loop:iteration() - before <= 3)
    end)

    it('can be collected, and its watchers with it', function()
        support.collect()
        local before = ev.object_count()
        support.abandon(function()
            local other = ev.Loop.new()
            ev.Timer.new(nothing, 100):start(other)
            ev.Idle.new(nothing):start(other)
        end)
        assert.equal(before, ev.object_count())
    end)
end)
