local support = require 'spec.support.ev'
local ev, nothing = support.ev, support.nothing

describe('ev.Timer', function()
    local loop

    before_each(function() loop = ev.Loop.new() end)

    it('§10.4.1 fires once, no earlier than asked', function()
        local start, fired = loop:update_now(), {}
        ev.Timer.new(function() fired[#fired + 1] = loop:now() end, 0.02):start(loop)
        loop:loop()
        assert.equal(1, #fired)
        assert.is_true(fired[1] >= start + 0.02)
    end)

    it('§10.4.1 fires in the order of the due times', function()
        local order = {}
        for _, milliseconds in ipairs { 7, 3, 9, 1, 5, 8, 2, 6, 4 } do
            ev.Timer.new(function() order[#order + 1] = milliseconds end, milliseconds / 1000):start(loop)
        end
        loop:loop()
        assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, order)
    end)

    it('§10.4.1 keeps the order with timers stopped in between', function()
        local order, timers = {}, {}
        for i = 1, 50 do
            local due = i * 17 % 50
            timers[due] = ev.Timer.new(function() order[#order + 1] = due end, due / 10000)
            timers[due]:start(loop)
        end
        for due = 0, 49, 3 do timers[due]:stop(loop) end
        loop:loop()
        local expected = {}
        for due = 0, 49 do
            if due % 3 ~= 0 then expected[#expected + 1] = due end
        end
        assert.same(expected, order)
    end)

    it('§10.4.1 repeats, each time no earlier than asked', function()
        local start, fired = loop:update_now(), {}
        local timer = ev.Timer.new(function(_, self)
            fired[#fired + 1] = loop:now()
            if #fired == 3 then self:stop(loop) end
        end, 0.01, 0.02)
        timer:start(loop)
        loop:loop()
        for i = 1, 3 do assert.is_true(fired[i] >= start + 0.01 + (i - 1) * 0.02) end
    end)

    it('§10.4.1 repeats no later than asked: before what is due a little later', function()
        local order = {}
        local timer = ev.Timer.new(function(_, self)
            order[#order + 1] = 'repeating'
            if #order > 1 then return self:stop(loop) end
            ev.Timer.new(function() order[#order + 1] = 'other' end, 0.021):start(loop)
        end, 0.01, 0.02)
        timer:start(loop)
        loop:loop()
        assert.same({ 'repeating', 'repeating', 'other' }, order)
    end)

    it('§10.4.1 repeats without drift', function()
        local order = {}
        local repeating
        repeating = ev.Timer.new(function()
            order[#order + 1] = 'repeating'
            if #order > 1 then return repeating:stop(loop) end
            support.spin(loop, 0.04)
            -- due later than the next repetition, which counts from the time when this one was due
            ev.Timer.new(function() order[#order + 1] = 'other' end, 0.03):start(loop)
        end, 0.01, 0.05)
        repeating:start(loop)
        loop:loop()
        assert.equal('repeating', order[2])
    end)

    it('§10.4.1 refuses a negative repeat, and fires at once with a negative after', function()
        assert.is_false(pcall(ev.Timer.new, nothing, 1, -1))
        local fired = false
        ev.Timer.new(function() fired = true end, -5):start(loop)
        loop:loop()
        assert.is_true(fired)
    end)

    it('§10.4.1 counts from the time of the round', function()
        local order = {}
        ev.Timer.new(function()
            ev.Timer.new(function() order[#order + 1] = 'later' end, 0.025):start(loop)
            support.compute(0.02)
            ev.Timer.new(function() order[#order + 1] = 'sooner' end, 0.015):start(loop)
        end, 0):start(loop)
        loop:loop()
        assert.same({ 'sooner', 'later' }, order)
    end)

    -- libev 4.33 goes on with what was left of the time: nothing
    it('§10.4.1 can be started again with the full time after it fired', function()
        if not support.is_ours then return end
        local start, fired = loop:update_now(), {}
        local timer = ev.Timer.new(function(_, self)
            fired[#fired + 1] = loop:now()
            if #fired == 1 then self:start(loop) end
        end, 0.02)
        timer:start(loop)
        loop:loop()
        assert.equal(2, #fired)
        assert.is_true(fired[1] >= start + 0.02)
        assert.is_true(fired[2] >= fired[1] + 0.02)
    end)

    it('§10.4.1 fires in the next round when it is started from a callback with 0', function()
        local rounds = {}
        ev.Timer.new(function()
            rounds[1] = loop:iteration()
            ev.Timer.new(function() rounds[2] = loop:iteration() end, 0):start(loop)
        end, 0):start(loop)
        loop:loop()
        assert.is_true(rounds[2] > rounds[1])
    end)

    it('§10.4.1 can be stopped from its own callback', function()
        local fired = 0
        ev.Timer.new(function(_, self)
            fired = fired + 1
            self:stop(loop)
        end, 0):start(loop)
        loop:loop()
        assert.equal(1, fired)
    end)

    it('§10.4.2 again begins the interval anew', function()
        local order = {}
        local timer = ev.Timer.new(function(_, self)
            order[#order + 1] = 'again'
            self:stop(loop)
        end, 0.01, 0.04)
        timer:start(loop)
        timer:again(loop)                   -- due after 0.04 instead of 0.01
        ev.Timer.new(function() order[#order + 1] = 'other' end, 0.02):start(loop)
        loop:loop()
        assert.same({ 'other', 'again' }, order)
    end)

    it('§10.4.2 again starts an inactive timer, which repeats', function()
        local fired = 0
        local timer = ev.Timer.new(function(_, self)
            fired = fired + 1
            if fired == 3 then self:stop(loop) end
        end, 100, 0.001)
        timer:again(loop)
        assert.is_true(timer:is_active())
        loop:loop()
        assert.equal(3, fired)
    end)

    it('§10.4.2 again takes a new interval', function()
        local fired = 0
        local timer = ev.Timer.new(function(_, self)
            fired = fired + 1
            if fired >= 2 then self:stop(loop) end
        end, 100)
        timer:again(loop, 0.001)
        loop:loop()
        assert.equal(2, fired)
        assert.is_false(pcall(timer.again, timer, loop, -1))
        timer:again(loop)                   -- the new interval stays
        assert.is_true(timer:is_active())
        loop:loop()
        assert.equal(3, fired)
    end)

    it('§10.4.2 again stops a timer that does not repeat', function()
        local fired = false
        local timer = ev.Timer.new(function() fired = true end, 0)
        timer:start(loop)
        timer:again(loop)
        assert.is_false(timer:is_active())
        loop:loop()
        assert.is_false(fired)
    end)

    it('§10.4.1 runs many at once', function()
        local fired = 0
        for i = 1, 2000 do
            ev.Timer.new(function() fired = fired + 1 end, i % 7 / 1000):start(loop)
        end
        loop:loop()
        assert.equal(2000, fired)
    end)
end)
