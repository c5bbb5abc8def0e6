--- A client for which more and more comes leaves the other watchers of the loop, and other clients, their turns. What
-- one turn does is bounded by messages and bytes, not by time.

local ev = require 'ev'
local helper = require 'spec.helper'
local support = require 'spec.support.ev'

local loop = ev.Loop.default
local OWN = { exclude_me = false }

-- A turn hands out so many messages at most.
local MESSAGES = 1024

-- Of messages as large as that: those that were read ahead (4 MB), and those of the turn itself (1 MB).
local LARGE, LARGE_MESSAGES = 2 ^ 20, 6

-- Events that beget events, for as long as the spec wants; whoever starves ends it, and fails.
local function flood(client, count, payload)
    local self = { events = 0, on = true }
    local function one_more() client:publish('a.flood', payload, nil, OWN) end
    helper.subscribed(client, 'a.flood', function()
        self.events = self.events + 1
        if self.events == self.starved_at then self.on = false end
        if self.on then one_more() end
    end)
    self.starved_at = count * 200
    for _ = 1, count do one_more() end
    return self
end

-- Calls one after the other until there were `count`, then `done`.
local function call_again_and_again(client, count, done)
    if count == 0 then return done() end
    client:call('an.echo', { count }, function(result)
        assert.equal(count, result[1])
        call_again_and_again(client, count - 1, done)
    end)
end

describe('a flood of events on one client', function()
    local url, flooded

    before_each(function()
        url = helper.router():url()
        flooded = helper.joined(url)
    end)
    after_each(helper.close)

    -- What the flooded client hears at most from one round of the loop to the next.
    local function most_in_a_round(flooding, events)
        local box, most, before = helper.mailbox(), 0, flooding.events
        local done = box:on 'done'
        local timer = ev.Timer.new(function()
            most, before = math.max(most, flooding.events - before), flooding.events
            if flooding.events >= events then done() end
        end, 1e-6, 1e-6)
        timer:start(loop)
        box:expect 'done'
        timer:stop(loop)
        return most
    end

    it('I10 leaves each round of the loop to a timer', function()
        local flooding = flood(flooded, 2000)
        local most = most_in_a_round(flooding, 10000)
        assert.is_true(most <= MESSAGES, tostring(most))
        assert.is_true(flooding.on)
        flooding.on = false
    end)

    it('I10 of messages of 1 MB leaves each round of the loop to a timer', function()
        local flooding = flood(flooded, 16, { ('x'):rep(LARGE) })
        local most = most_in_a_round(flooding, 40)
        assert.is_true(most <= LARGE_MESSAGES, tostring(most))
        assert.is_true(flooding.on)
        flooding.on = false
    end)

    it('I10 leaves each round of the loop to a watcher of another descriptor', function()
        local pipe, box, latest, reads, written_in = support.pipe(), helper.mailbox(), 0, 0, nil
        local done = box:on 'done'
        local function write()
            written_in = loop:iteration()
            pipe.writer:write 'x'
        end
        local reader = ev.IO.new(function()
            latest = math.max(latest, loop:iteration() - written_in)
            assert.equal('x', pipe.reader:read(1))
            reads = reads + 1
            if reads == 50 then done() else write() end
        end, pipe.reader_fd, ev.READ)
        local flooding = flood(flooded, 2000)
        reader:start(loop)
        write()
        box:expect 'done'
        reader:stop(loop)
        assert.equal(1, latest)
        assert.is_true(flooding.on)
        flooding.on = false
        pipe.reader:close()
        pipe.writer:close()
    end)

    it("I10 leaves their turns to another client's calls", function()
        local caller, callee, box = helper.joined(url), helper.joined(url), helper.mailbox()
        helper.registered(callee, 'an.echo', function(call) return { argsList = call.argsList } end)
        local flooding = flood(flooded, 2000)
        call_again_and_again(caller, 10, box:on 'done')
        box:expect 'done'
        assert.is_true(flooding.on)
        flooding.on = false
    end)

    it('I10 leaves their turns to the other clients of a program that polls', function()
        local caller, callee = helper.joined(url), helper.joined(url)
        helper.registered(callee, 'an.echo', function(call) return { argsList = call.argsList } end)
        local flooding = flood(flooded, 2000)
        local done, most = false, 0
        call_again_and_again(caller, 10, function() done = true end)
        while flooding.on and not done do
            local before = flooding.events
            flooded:poll()
            most = math.max(most, flooding.events - before)
            callee:poll()
            caller:poll()
        end
        assert.is_true(done)
        assert.is_true(most <= MESSAGES, tostring(most))
        flooding.on = false
    end)
end)
