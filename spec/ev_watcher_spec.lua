local support = require 'spec.support.ev'
local ev, nothing = support.ev, support.nothing

describe('an ev watcher', function()
    local loop

    before_each(function() loop = ev.Loop.new() end)

    -- One of each class, inactive.
    local function watchers()
        return {
            timer = ev.Timer.new(nothing, 100), io = ev.IO.new(nothing, 0, ev.READ), async = ev.Async.new(nothing),
            signal = ev.Signal.new(nothing, ev.SIGUSR1), idle = ev.Idle.new(nothing),
            child = ev.Child.new(nothing, 0, false), stat = ev.Stat.new(nothing, '/'),
        }
    end

    it('E21 E23 E24 E25 E26 E27 E31 is of a class that has all the common methods', function()
        for class, watcher in pairs(watchers()) do
            local on = class == 'child' and ev.Loop.default or loop
            assert.is_false(watcher:is_active())
            assert.equal(0, select('#', watcher:start(on, true)))
            assert.equal(0, select('#', watcher:start(on, true)))
            assert.is_true(watcher:is_active())
            assert.equal(0, select('#', watcher:stop(on)))
            assert.equal(0, select('#', watcher:stop(on)))
            assert.is_false(watcher:is_active())
            assert.is_false(watcher:is_pending())
            assert.equal(0, watcher:clear_pending(on))
            assert.equal(nothing, watcher:callback(print))
            assert.equal(print, watcher:callback())
            assert.equal(0, watcher:priority(2))
            assert.equal(2, watcher:priority())
            watcher.foo = class
            assert.equal(class, watcher.foo)
            assert.is_nil(watcher.bar)
            for _, method in ipairs { 'start', 'stop', 'clear_pending' } do
                local ok, message = pcall(function() watcher[method](watcher) end)
                assert.is_false(ok)
                assert.matches('ev{loop} expected', message)
            end
            for name, method in pairs { start = watcher.start, callback = watcher.callback } do
                local ok, message = pcall(method, loop, on)
                assert.is_false(ok, name)
                assert.matches('ev{' .. class .. '} expected, got ', message)
            end
            if _VERSION >= 'Lua 5.3' then assert.matches('^ev{' .. class .. '}: ', tostring(watcher)) end
        end
    end)

    it('E20 calls back with the loop, itself and the events', function()
        local got
        local timer = ev.Timer.new(function(...) got = { n = select('#', ...), ... } return 'ignored' end, 0)
        timer:start(loop)
        loop:loop()
        assert.equal(3, got.n)
        assert.equal(loop, got[1])
        assert.equal(timer, got[2])
        assert.equal(ev.TIMEOUT, got[3])
    end)

    it('E21 needs a loop to start and stop', function()
        local timer = ev.Timer.new(nothing, 1)
        for _, method in ipairs { 'start', 'stop' } do
            local ok, message = pcall(function() timer[method](timer) end)
            assert.is_false(ok)
            assert.matches('ev_watcher_spec.lua:%d+: .*ev{loop} expected', message)
        end
    end)

    it('E21 starts when active and stops when inactive without effect, and returns nothing', function()
        local fired = 0
        local timer = ev.Timer.new(function() fired = fired + 1 end, 0)
        assert.equal(0, select('#', timer:stop(loop)))
        assert.equal(0, select('#', timer:start(loop)))
        timer:start(loop)
        loop:loop()
        assert.equal(1, fired)
        timer:start(loop)
        timer:stop(loop)
        timer:stop(loop)
        loop:loop()
        assert.equal(1, fired)
    end)

    it('E22 does not keep the loop running as a daemon', function()
        local daemon = ev.Timer.new(nothing, 100)
        daemon:start(loop, true)
        loop:loop()
        assert.is_true(daemon:is_active())
    end)

    it('E22 runs as a daemon while something else keeps the loop running', function()
        local fired = 0
        local daemon = ev.Timer.new(function() fired = fired + 1 end, 0, 0.001)
        daemon:start(loop, true)
        ev.Timer.new(nothing, 0.05):start(loop)
        loop:loop()
        assert.is_true(fired > 1)
        daemon:stop(loop)
        loop:loop()
    end)

    it('E22 becomes a daemon, or none, when it is started again as one', function()
        local timer = ev.Timer.new(nothing, 100)
        timer:start(loop)
        timer:start(loop, true)
        loop:loop()
        assert.is_true(timer:is_active())
    end)

    it('E23 says whether it is active; a one-shot timer is not in its own callback', function()
        local inside
        local timer = ev.Timer.new(function(_, self) inside = self:is_active() end, 0)
        assert.is_false(timer:is_active())
        timer:start(loop)
        assert.is_true(timer:is_active())
        loop:loop()
        assert.is_false(inside)
        assert.is_false(timer:is_active())
    end)

    -- Two timers that are due in the same round; the callback of the first finds the second pending.
    local function two_due(callback)
        local second
        local first = ev.Timer.new(function() callback(second) end, 0)
        local fired = false
        second = ev.Timer.new(function() fired = true end, 0.001)
        first:start(loop)
        second:start(loop)
        support.spin(loop, 0.005)
        loop:loop()
        return fired
    end

    it('E23 says whether it is pending', function()
        local pending
        assert.is_true(two_due(function(second) pending = second:is_pending() end))
        assert.is_true(pending)
        assert.is_false(ev.Timer.new(nothing, 1):is_pending())
    end)

    it('E24 gives up what is pending', function()
        local events, pending
        local fired = two_due(function(second)
            events = second:clear_pending(loop)
            pending = second:is_pending()
        end)
        assert.is_false(fired)
        assert.is_false(pending)
        assert.equal(ev.TIMEOUT, events)
        assert.equal(0, ev.Timer.new(nothing, 1):clear_pending(loop))
        assert.is_false(pcall(function() ev.Timer.new(nothing, 1):clear_pending() end))
    end)

    it('E24 gives it up when it is stopped, too', function()
        assert.is_false(two_due(function(second) second:stop(loop) end))
    end)

    it('E25 returns and replaces its callback', function()
        local got
        local function other() got = 'other' end
        local timer = ev.Timer.new(nothing, 0)
        assert.equal(nothing, timer:callback())
        assert.equal(nothing, timer:callback(other))
        assert.equal(other, timer:callback())
        assert.is_false(pcall(timer.callback, timer, nil))
        assert.is_false(pcall(timer.callback, timer, {}))
        timer:start(loop)
        loop:loop()
        assert.equal('other', got)
    end)

    it('E26 runs higher priorities first', function()
        local order = {}
        for _, priority in ipairs { 0, ev.MAXPRI, -1, ev.MINPRI, 1 } do
            local timer = ev.Timer.new(function(_, self) order[#order + 1] = self.rank end, 0)
            timer.rank = priority
            assert.equal(0, timer:priority(priority))
            assert.equal(priority, timer:priority())
            timer:start(loop)
        end
        support.spin(loop, 0.002)
        loop:loop()
        assert.same({ 2, 1, 0, -1, -2 }, order)
    end)

    it('E26 keeps priorities in their range', function()
        for wrong, right in pairs { [10] = ev.MAXPRI, [-10] = ev.MINPRI } do
            local timer = ev.Timer.new(nothing, 0)
            timer:priority(wrong)
            timer:start(loop)
            assert.equal(right, timer:priority())
            timer:stop(loop)
        end
    end)

    it('E27 takes fields of any name', function()
        local timer = ev.Timer.new(nothing, 0)
        assert.is_nil(timer.foo)
        for _, name in ipairs { 'foo', 'callback_', 'loop', 'fd', 'after', 1 } do
            timer[name] = name
            assert.equal(name, timer[name])
        end
        timer:start(loop)
        loop:loop()
        assert.equal('foo', timer.foo)
    end)

    it('E28 lives while it is active', function()
        local fired = false
        support.abandon(function() ev.Timer.new(function() fired = true end, 0.001):start(loop) end)
        loop:loop()
        assert.is_true(fired)
    end)

    it('E28 is collected once it is inactive', function()
        support.collect()
        local before = ev.object_count()
        support.abandon(function()
            ev.Timer.new(nothing, 0):start(loop)
            local stopped = ev.Idle.new(nothing)
            stopped:start(loop)
            stopped:stop(loop)
            loop:loop()
        end)
        assert.equal(before, ev.object_count())
    end)

    it('E29 prints the error of its callback, and the loop goes on', function()
        local output = support.run [[
            local n = 0
            local timer = ev.Timer.new(function(_, self)
                n = n + 1
                if n == 3 then self:stop(loop) end
                error('number ' .. n)
            end, 0.001, 0.001)
            timer:start(loop)
            loop:loop()
            print('ended')]]
        for n = 1, 3 do assert.matches('CALLBACK FAILED: [^\n]*: number ' .. n .. '\nstack traceback:', output) end
        assert.matches('ended\nstatus 0\n$', output)
    end)

    it('E29 prints it to standard error', function()
        local output = support.run([[
            ev.Timer.new(function() error('the reason', 0) end, 0):start(loop)
            loop:loop()]], nil, '2>&1 >/dev/null')
        assert.matches('^CALLBACK FAILED: the reason\nstack traceback:\n.*status 0\n$', output)
    end)

    it('E29 prints (null) for errors that are no strings', function()
        local output = support.run [[
            local object = setmetatable({}, { __tostring = function() return 'text' end })
            for i, problem in ipairs { {}, object, true, print } do
                ev.Timer.new(function() error(problem) end, i / 1000):start(loop)
            end
            ev.Timer.new(function() error() end, 0.005):start(loop)
            loop:loop()]]
        assert.equal(('CALLBACK FAILED: (null)\n'):rep(5) .. 'status 0\n', output)
    end)

    it('E29 leaves the watcher as it was', function()
        local output = support.run [[
            local idle
            idle = ev.Idle.new(function() error 'again' end)
            idle:start(loop)
            ev.Timer.new(function() print(idle:is_active()) idle:stop(loop) end, 0.01):start(loop)
            loop:loop()]]
        assert.matches('true\nstatus 0\n$', output)
    end)

    it('E30 cannot yield in its callback', function()
        local output = support.run [[
            local run = coroutine.wrap(function()
                ev.Timer.new(function() coroutine.yield() end, 0):start(loop)
                loop:loop()
                return 'ended'
            end)
            print(run())]]
        assert.matches('CALLBACK FAILED: .*yield', output)
        assert.matches('ended\nstatus 0\n$', output)
    end)

    it('E30 calls back in the coroutine that runs the loop', function()
        local inside, thread
        thread = coroutine.create(function()
            ev.Timer.new(function() inside = coroutine.running() end, 0):start(loop)
            loop:loop()
        end)
        assert(coroutine.resume(thread))
        assert.equal('dead', coroutine.status(thread))
        assert.equal(thread, inside)
    end)

    it('E31 refuses objects of another class', function()
        local timer, idle = ev.Timer.new(nothing, 1), ev.Idle.new(nothing)
        local ok, message = pcall(timer.start, idle, loop)
        assert.is_false(ok)
        assert.matches('ev{timer} expected, got ', message)
        for _, wrong in ipairs { {}, 1, 'text', loop, io.stdout } do
            ok, message = pcall(idle.stop, wrong, loop)
            assert.is_false(ok)
            assert.matches('ev{idle} expected, got ', message)
        end
        ok, message = pcall(loop.loop, timer)
        assert.is_false(ok)
        assert.matches('ev{loop} expected, got ', message)
    end)

    it('needs a function', function()
        for _, class in ipairs { 'Timer', 'IO', 'Async', 'Signal', 'Idle', 'Child', 'Stat' } do
            assert.is_false(pcall(ev[class].new, nil, 1, 1))
            assert.is_false(pcall(ev[class].new, {}, 1, 1))
        end
    end)
end)
