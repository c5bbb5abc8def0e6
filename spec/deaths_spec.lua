--- What becomes of everything that is under way when a real router dies, and comes back under the same URL. A router
-- that is to die before it has handled a message is frozen before that is sent.

local helper = require 'spec.helper'
local process = require 'spec.support.process'


local routers = {
    ['our router #own'] = helper.mortal_router,
    ['crossbar #interop'] = function() return process.new 'exec tools/peers/with-crossbar --alone' end,
}

-- What a router that starts again may take on a loaded machine.
local LIMIT = 90

local function deaths(start)
    local router, box
    -- Of one series.
    local attempts

    -- One router plays for all of them: crossbar takes seconds to start.
    setup(function()
        router = start()
        router:start()
    end)
    teardown(function() router:kill() end)
    before_each(function() box, attempts = helper.mailbox(), 0 end)
    after_each(function() helper.close 'in turn' end)

    local function joined()
        local options = box:callbacks('onClose', 'onReconnect', 'onReconnectSuccess')
        -- Attempts that come too early fail, more or less often.
        options.onError = function() end
        options.reconnectInterval, options.maxRetries = 0.05, math.huge
        return helper.joined(router.url, options)
    end

    -- The names of what comes until `last`, which is to come so many times, but for all attempts after the first.
    local function heard_until(last, times)
        local names = {}
        repeat
            helper.run_until(function() return box[1] end, last, LIMIT)
            local name = box:next()
            if name == 'onReconnect' then attempts = attempts + 1 else attempts = 0 end
            if attempts < 2 then names[#names + 1] = name end
            if name == last then times = (times or 1) - 1 end
        until name == last and (times or 1) < 1
        return names
    end

    local function die()
        router:kill()
        router:begin()
    end

    -- All answers have come: what is asked now is answered next.
    local function assert_nothing_more(client)
        router:ready()
        assert.equal('onSuccess', (helper.published(client, 'all.said')))
        assert.equal('', box:names())
    end

    -- Callbacks that tell both outcomes under that name.
    local function outcomes(name, more)
        local callbacks = more or {}
        callbacks.onSuccess, callbacks.onError = box:on(name), box:on('no ' .. name)
        return callbacks
    end

    it('Q36 L34 in the middle of subscribing: everything is subscribed once, with its options', function()
        local client = joined()
        router:freeze()
        client:subscribe('d.one', outcomes('subscribed', { onEvent = box:on 'one' }))
        client:subscribe('d.one', outcomes('subscribed', { onEvent = box:on 'one, too' }))
        client:subscribe('d.pre', outcomes('subscribed', { onEvent = box:on 'prefix' }), { match = 'prefix' })
        client:subscribe('d..wild', outcomes('subscribed', { onEvent = box:on 'wildcard' }), { match = 'wildcard' })
        die()
        assert.same({ 'onReconnect', 'onReconnectSuccess', 'subscribed', 'subscribed', 'subscribed', 'subscribed' },
            heard_until('subscribed', 4))
        for _, topic in ipairs { 'd.one', 'd.pre.fix', 'd.any.wild' } do
            client:publish(topic, nil, nil, { exclude_me = false })
        end
        assert.same({ 'one', 'one, too', 'prefix', 'wildcard' }, heard_until 'wildcard')
        assert_nothing_more(client)
    end)

    it('Q36 L34 in the middle of registering: everything is registered once, with its options', function()
        local clients, served = { joined(), joined() }, {}
        router:freeze()
        for i, client in ipairs(clients) do
            client:register('d..wild', outcomes('registered', { rpc = function() served[i] = true end }),
                { match = 'wildcard', invoke = 'roundrobin' })
        end
        die()
        heard_until('registered', 2)
        for _ = 1, 2 do
            assert.equal('onSuccess', (helper.called(clients[1], 'd.any.wild')))
        end
        assert.same({ true, true }, served)
        assert_nothing_more(clients[1])
    end)

    it('Q10 L30 what was confirmed is renewed before the queue is sent, again and again', function()
        local client, other, served = joined(), joined(), {}
        helper.subscribed(client, 'd.pre', box:on 'event', { match = 'prefix' })
        client:subscribe('d.pre', box:on 'event, too', { match = 'prefix' })
        for i, each in ipairs { client, other } do
            helper.registered(each, 'd..wild', function() served[i] = true end,
                { match = 'wildcard', invoke = 'roundrobin' })
        end
        -- The other one tells of its sessions elsewhere.
        local others = helper.mailbox()
        other:options { onReconnect = function() end, onReconnectSuccess = others:on 'onReconnectSuccess' }
        for _ = 1, 2 do
            die()
            assert.same({ 'onReconnect' }, heard_until 'onReconnect')
            client:publish('d.pre.fix', nil, outcomes 'published', { exclude_me = false })
            client:call('d.any.wild', nil, outcomes 'called')
            local names = heard_until 'called'
            while #names < 5 do names[#names + 1] = (box:next()) end
            assert.equal('onReconnectSuccess', table.remove(names, 1))
            table.sort(names)
            assert.same({ 'called', 'event', 'event, too', 'published' }, names)
            router:ready()
            others:expect 'onReconnectSuccess'
            served[1], served[2] = nil, nil
            repeat helper.called(client, 'd.any.wild') until served[1] and served[2]
        end
        assert_nothing_more(client)
    end)

    it('Q36 in the middle of publishing: what was sent fails once, in order; what was not is sent once', function()
        local client = joined()
        router:freeze()
        for i = 1, 3 do client:publish('d.one', { i }, outcomes('sent ' .. i)) end
        die()
        assert.same({ 'no sent 1', 'no sent 2', 'no sent 3', 'onReconnect' }, heard_until 'onReconnect')
        for i = 1, 3 do client:publish('d.one', { i }, outcomes('kept ' .. i)) end
        assert.same({ 'onReconnectSuccess', 'kept 1', 'kept 2', 'kept 3' }, heard_until 'kept 3')
        assert_nothing_more(client)
    end)

    it('Q36 L35 in the middle of calling, and of cancelling: each call fails once, in order', function()
        local client = joined()
        helper.registered(client, 'd.one', function() end)
        router:freeze()
        client:call('d.one', nil, outcomes 'call')
        client:call('d.one', nil, outcomes 'call, cancelled')
        client:cancel(client:getOpStatus().reqId, {})
        client:call('d.one', nil, outcomes 'call with a timeout', { timeout = 60000 })
        die()
        assert.same({ 'no call', 'no call, cancelled', 'no call with a timeout', 'onReconnect', 'onReconnectSuccess' },
            heard_until 'onReconnectSuccess')
        assert.equal('onSuccess', (helper.called(client, 'd.one')))
        assert_nothing_more(client)
    end)

    it('L36 in the middle of unsubscribing and unregistering: both are done, and nothing comes back', function()
        local client = joined()
        helper.subscribed(client, 'd.one', box:on 'event')
        helper.registered(client, 'd.one', function() box:on 'invoked' () end)
        router:freeze()
        client:unsubscribe('d.one', outcomes('unsubscribed', { onEvent = nil }))
        client:unregister('d.one', outcomes 'unregistered')
        die()
        assert.same({ 'unsubscribed', 'unregistered', 'onReconnect', 'onReconnectSuccess' },
            heard_until 'onReconnectSuccess')
        client:publish('d.one', nil, nil, { exclude_me = false })
        assert.equal('wamp.error.no_such_procedure', select(2, helper.called(client, 'd.one')).error)
        assert_nothing_more(client)
    end)

    it('in the middle of answering: the caller fails once, and both go on', function()
        local caller, callee, deadly = joined(), joined(), true
        helper.registered(callee, 'd.one', function()
            if deadly then die() end
            deadly = false
            return { argsList = { 'answer' } }
        end)
        caller:call('d.one', nil, outcomes 'called')
        heard_until('onReconnectSuccess', 2)
        assert.is_false(deadly)
        assert_nothing_more(callee)
        assert.same({ 'answer' }, (select(2, helper.called(caller, 'd.one'))))
    end)

    it('an answer for a session that is gone does not reach the next one', function()
        local caller, callee, asked, gone = joined(), joined(), 0, false
        helper.registered(callee, 'd.one', function()
            asked = asked + 1
            if asked > 1 then return { argsList = { 'answer' } } end
            local deadline = os.time() + LIMIT
            die()
            -- The background notices it without the program.
            repeat gone = not callee:getSessionId() until gone or os.time() > deadline
            return { argsList = { 'late' } }
        end)
        caller:call('d.one', nil, outcomes 'called')
        local names = table.concat(heard_until('onReconnectSuccess', 2), ' ')
        assert.matches('no called', names, 1, true)
        assert.is_true(gone)
        assert_nothing_more(callee)
        for _ = 1, 3 do assert.same({ 'answer' }, (select(2, helper.called(caller, 'd.one')))) end
    end)

    it('L26 while reconnecting, while joining and while renewing: at last all is back, once', function()
        local client, kills = joined(), { onReconnect = 2, onReconnectSuccess = 2 }
        helper.subscribed(client, 'd.pre', box:on 'event', { match = 'prefix' })
        helper.registered(client, 'd..wild', function() end, { match = 'wildcard' })
        for name in pairs(kills) do
            client:options()[name] = function()
                kills[name] = kills[name] - 1
                if kills[name] >= 0 then die() end
                if kills[name] < 0 and name == 'onReconnectSuccess' then box:on(name)() end
            end
        end
        die()
        heard_until 'onReconnectSuccess'
        assert.equal('onSuccess', (helper.called(client, 'd.any.wild')))
        client:publish('d.pre.fix', nil, nil, { exclude_me = false })
        assert.same({ 'event' }, heard_until 'event')
        assert_nothing_more(client)
    end)
end

for name, start in pairs(routers) do
    describe('the death of ' .. name, function() deaths(start) end)
end
