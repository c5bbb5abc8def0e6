-- Very many subscriptions, and events that bring more events: time and memory grow no faster than what is asked for.

local ev = require 'ev'
local helper = require 'spec.helper'

local loop = ev.Loop.default

local function ignore() end

-- What Lua holds after everything that can go is gone, in KiB.
local function memory()
    for _ = 1, 3 do collectgarbage() end
    return collectgarbage 'count'
end

describe('many subscriptions', function()
    local client

    before_each(function() client = helper.joined(helper.router():url()) end)
    after_each(helper.close)

    -- Does something for each number, and waits until all of it is confirmed.
    local function for_all(first, last, deed)
        local left, box = last - first + 1, helper.mailbox()
        local done = box:on 'done'
        local callbacks = { onEvent = ignore, onSuccess = function()
            left = left - 1
            if left == 0 then done() end
        end, onError = box:on 'onError' }
        local began = os.clock()
        for i = first, last do deed(i, callbacks) end
        box:expect 'done'
        return os.clock() - began
    end

    local function subscribe(i, callbacks) client:subscribe('topic.number.' .. i, callbacks) end

    local function unsubscribe(i, callbacks)
        client:unsubscribe('topic.number.' .. i, { onSuccess = callbacks.onSuccess, onError = callbacks.onError })
    end

    it('of one client come and go in linear time, and leave no memory behind', function()
        local before = memory()
        local small = for_all(1, 500, subscribe)
        for_all(501, 4000, subscribe)
        local held = memory()
        -- As many again, with many there already; a factor of 8 for a loaded machine, where quadratic time takes more.
        local large = for_all(4001, 4500, subscribe)
        assert.is_true(large < 8 * small + 0.05, ('%g s, then %g s'):format(small, large))
        assert.is_true(held - before < 4000 * 2, held - before)
        -- Lua's own tables keep the room that they once had; nothing else stays.
        for_all(1, 4500, unsubscribe)
        assert.is_true(memory() - before < 4500 * 0.3, memory() - before)
        for_all(1, 4500, subscribe)
        for_all(1, 4500, unsubscribe)
        assert.is_true(memory() - before < 4500 * 0.3, memory() - before)
    end)

    it('that the router refuses leave no memory behind, nor do registrations', function()
        client = helper.joined(helper.router({ uriValidation = 'strict' }):url())
        local function refused(i, callbacks)
            local uri = 'Strict.Routers.Take.No.Capitals.' .. i
            client:subscribe(uri, { onEvent = ignore, onError = callbacks.onSuccess })
        end
        local function refused_too(i, callbacks)
            local uri = 'Strict.Routers.Take.No.Capitals.' .. i
            client:register(uri, { rpc = ignore, onError = callbacks.onSuccess })
        end
        local function refuse_all(first, last)
            for_all(first, last, refused)
            for_all(first, last, refused_too)
        end
        refuse_all(1, 1000)
        local before = memory()
        refuse_all(1001, 2000)
        refuse_all(2001, 3000)
        assert.is_true(memory() - before < 100, memory() - before)
    end)

    it('end with the session: all memory is given back', function()
        for_all(1, 500, subscribe)
        local box = helper.mailbox()
        local function rejoin()
            client:options { onClose = box:on 'closed', onConnect = box:on 'joined' }
            client:disconnect()
            box:expect 'closed'
            client:connect()
            box:expect 'joined'
        end
        rejoin()
        local before = memory()
        for _ = 1, 3 do
            for_all(1, 1000, subscribe)
            rejoin()
        end
        assert.is_true(memory() - before < 300, memory() - before)
    end)

    it('callbacks of one topic all hear, also when each removes itself or the next', function()
        local heard, all, count = {}, {}, 200
        for i = 1, count do
            all[i] = function()
                heard[i] = (heard[i] or 0) + 1
                client:unsubscribe('a.b', all[i])
                if all[i + 1] then client:unsubscribe('a.b', all[i + 1]) end
            end
        end
        helper.subscribed(client, 'a.b', all[1])
        for i = 2, count do client:subscribe('a.b', all[i]) end
        local box = helper.mailbox()
        client:publish('a.b', nil, nil, { exclude_me = false })
        -- The router answers in turn.
        helper.published(client, 'x.y')
        for i = 1, count do assert.equal(1, heard[i]) end
        -- None is left: the topic can be subscribed anew.
        helper.published(client, 'a.b', nil, { exclude_me = false })
        helper.subscribed(client, 'a.b', box:on 'anew')
        client:publish('a.b', nil, nil, { exclude_me = false })
        box:expect 'anew'
        assert.equal(1, heard[1])
    end)
end)

describe('an event that publishes to its own topic', function()
    local client

    before_each(function() client = helper.joined(helper.router():url()) end)
    after_each(helper.close)

    it('I10 lets the other watchers of the loop have their turns, and the stack does not grow', function()
        local events, depth, deepest, ticks = 0, 0, 0, 0
        local done = helper.mailbox()
        local finished = done:on 'done'
        helper.subscribed(client, 'a.b', function()
            events, depth = events + 1, depth + 1
            deepest = math.max(deepest, depth)
            -- Two for one: there is more and more to do.
            if events < 20000 then
                client:publish('a.b', { events }, nil, { exclude_me = false })
                if events % 4 == 0 then client:publish('a.b', { events }, nil, { exclude_me = false }) end
            end
            depth = depth - 1
        end)
        local timer = ev.Timer.new(function()
            ticks = ticks + 1
            if ticks == 20 then finished() end
        end, 0.001, 0.001)
        timer:start(loop)
        client:publish('a.b', nil, nil, { exclude_me = false })
        done:expect 'done'
        timer:stop(loop)
        assert.equal(1, deepest)
        assert.is_true(events > 20)
        client:unsubscribe 'a.b'
        assert.equal('onSuccess', (helper.published(client, 'x.y')))
    end)

    it('I10 one turn hands over a bounded number of events', function()
        local events, most, turns = 0, 0, {}
        helper.subscribed(client, 'a.b', function()
            local turn = loop:iteration()
            events, turns[turn] = events + 1, (turns[turn] or 0) + 1
            most = math.max(most, turns[turn])
        end)
        for _ = 1, 10000 do client:publish('a.b', nil, nil, { exclude_me = false }) end
        local done = helper.mailbox()
        local timer = ev.Timer.new(function() if events == 10000 then done:on 'all'() end end, 0.001, 0.001)
        timer:start(loop)
        done:expect 'all'
        timer:stop(loop)
        assert.is_true(most <= 1024, most)
    end)
end)
