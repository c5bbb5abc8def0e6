--- Networks that lose packets, for real: a router on another host, at the other end of a cable that the specs cut.
-- `tools/test network` makes the hosts.

local helper = require 'spec.helper'
local network = require 'spec.support.network'
local played = require 'spec.support.played'
local socket = require 'socket'

local LIMIT, LATE = 0.3, 2.9

describe('over a network #network', function()
    local box, began

    before_each(function()
        network.heal()
        box, began = helper.mailbox(), socket.gettime()
    end)

    after_each(function()
        network.heal()
        played.close()
    end)

    local function far_router()
        return helper.router_process(network.ON_FAR, ('ws://%s:0/ws'):format(network.FAR))
    end

    local function client_with(options)
        local all = box:callbacks('onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess')
        all.connectTimeout, all.joinTimeout, all.closeTimeout, all.reconnectInterval = LIMIT, LIMIT, LIMIT, 0.05
        for name, value in pairs(options or {}) do all[name] = value end
        return helper.client(all)
    end

    local function joined(router, options)
        local client = client_with(options)
        client:connect(router.url)
        box:expect 'onConnect'
        began = socket.gettime()
        return client
    end

    local function assert_in_time(limit, late)
        local elapsed = socket.gettime() - began
        assert.is_true(elapsed > limit - 0.01 and elapsed < (late or LATE), elapsed)
    end

    it('connectTimeout ends a search for a host that no name server answers', function()
        client_with():connect 'ws://router.test:8080/ws'
        assert.same({ error = 'router.test:8080: no connection within 0.3 s' }, box:expect 'onError')
        assert_in_time(LIMIT)
        box:ends()
    end)

    it('many clients that try again and again look for such a host together', function()
        local clients, closed = 20, 0
        for _ = 1, clients do
            client_with {
                retryFirstConnect = true, connectTimeout = 0.02, reconnectInterval = 0, maxRetries = 5,
            }:connect 'ws://router.test:8080/ws'
        end
        while closed < clients do
            if box:next() == 'onClose' then closed = closed + 1 end
        end
        local tasks = io.popen 'ls /proc/$PPID/task | wc -l'
        local threads = tasks:read '*n'
        tasks:close()
        assert.is_true(threads < 10, threads)
        box:ends()
    end)

    it('a program ends while a name is still being looked for', function()
        local program = [[require 'loowy.client'.new('ws://router.test/', { realm = 'realm1', connectTimeout = 0.1 })
            require 'ev'.Loop.default:loop()]]
        assert(os.execute(('%s -e "%s"'):format(helper.interpreter(), program)))
        assert_in_time(0.1)
    end)

    it('connectTimeout ends a connect whose SYN is lost: onError, once', function()
        client_with():connect(('ws://%s:8080/ws'):format(network.NOBODY))
        assert.same({ error = '10.77.0.3:8080: no connection within 0.3 s' }, box:expect 'onError')
        assert_in_time(LIMIT)
        box:ends()
    end)

    it('connectTimeout ends a connect whose answer is lost, too', function()
        local router = far_router()
        network.lose_back()
        began = socket.gettime()
        client_with():connect(router.url)
        assert.matches('no connection within 0.3 s', box:expect('onError').error, 1, true)
        assert_in_time(LIMIT)
        box:ends()
    end)

    it('of two addresses the second gets its share of the time', function()
        local router = far_router()
        local client = client_with { connectTimeout = 2 }
        client:connect((router.url:gsub(network.FAR, 'two-addresses.test')))
        box:expect 'onConnect'
        assert_in_time(1)
    end)

    it('disconnect() ends a connect whose SYN is lost at once', function()
        local client = client_with { connectTimeout = 60 }
        client:connect(('ws://%s:8080/ws'):format(network.NOBODY))
        client:disconnect()
        box:expect 'onClose'
        assert_in_time(0)
        box:ends()
    end)

    for _, way in ipairs { 'lose', 'lose_there', 'lose_back' } do
        it(('pings find a half-open connection (%s); the session comes back with the network'):format(way), function()
            local router = far_router()
            local client = joined(router, { pingInterval = 0.1, pingTimeout = LIMIT })
            helper.subscribed(client, 'a.b', box:on 'onEvent')
            network[way]()
            began = socket.gettime()
            box:expect 'onReconnect'
            assert_in_time(LIMIT)
            assert.matches('no connection within', box:expect('onError').error, 1, true)
            box:expect 'onReconnect'
            network.heal()
            repeat local name = box:next() until name == 'onReconnectSuccess'
            client:publish('a.b', { 'again' }, nil, { exclude_me = false })
            assert.equal('again', box:expect('onEvent').argsList[1])
        end)
    end

    it('what was asked on a half-open connection fails once, when it is found', function()
        local router = far_router()
        local client = joined(router, { pingInterval = 0.1, pingTimeout = LIMIT })
        helper.registered(client, 'a.b', function() end)
        network.lose()
        began = socket.gettime()
        client:publish('a.b', nil, { onSuccess = box:on 'published', onError = box:on 'not published' })
        client:call('a.b', nil, { onSuccess = box:on 'called', onError = box:on 'not called' })
        client:subscribe('a.c', { onEvent = box:on 'onEvent', onSuccess = box:on 'subscribed' })
        assert.equal('wamp.error.network_failure', box:expect('not published').error)
        assert.equal('wamp.error.network_failure', box:expect('not called').error)
        assert_in_time(LIMIT)
        box:expect 'onReconnect'
        network.heal()
        repeat
            local name = box:next()
            assert.is_true(name ~= 'published' and name ~= 'called' and name ~= 'not published')
        until name == 'subscribed'
    end)

    it('R05 the timeout of a call counts on a half-open connection', function()
        local router = far_router()
        local client = joined(router)
        network.lose()
        client:call('a.b', nil, box:callbacks('onSuccess', 'onError'), { timeout = LIMIT * 1000 })
        assert.equal('wamp.error.timeout', box:expect('onError').error)
        assert_in_time(LIMIT)
        network.heal()
        assert.equal('onSuccess', (helper.published(client, 'a.b')))
    end)

    it('K19 disconnect() on a half-open connection: onClose after twice closeTimeout', function()
        local router = far_router()
        local client = joined(router)
        network.lose()
        began = socket.gettime()
        client:disconnect()
        box:expect 'onClose'
        assert_in_time(2 * LIMIT)
        box:ends()
    end)

    it('a program ends with much unsaid on a half-open connection, in bounded time', function()
        local router = far_router()
        local program = [[
            local client
            client = require 'loowy.client'.new(arg[1], { realm = 'realm1', onConnect = function()
                os.execute 'ip neigh replace 10.77.0.2 lladdr 02:00:0a:4d:00:ff nud permanent dev near'
                client:publish('a.b', { ('x'):rep(10000000) })
                os.exit(7)
            end })
            require 'ev'.Loop.default:loop()]]
        assert.same({ '', 7 }, { helper.run_program(program, router.url) })
        -- The interpreter starts and makes its payload first, on a machine that has other things to do.
        assert_in_time(0, 10)
    end)

    it('a network that loses packets for a moment loses nothing else', function()
        local router = far_router()
        local client = joined(router, { pingInterval = 0.1, pingTimeout = 15 })
        helper.subscribed(client, 'a.b', box:on 'onEvent')
        network.lose_back()
        for i = 1, 20 do client:publish('a.b', { i }, nil, { exclude_me = false }) end
        network.lose_there()
        for i = 21, 40 do client:publish('a.b', { i }, nil, { exclude_me = false }) end
        network.heal()
        for i = 1, 40 do assert.same({ i }, box:expect('onEvent').argsList) end
    end)

    -- What the system has planned for the connections to the far host.
    local function timers_of_the_system()
        local process = assert(io.popen(('ss --no-header --tcp --numeric --options dst %s'):format(network.FAR)))
        local text = process:read '*a'
        process:close()
        return text
    end

    it('where nobody pings, the system looks after an idle connection: after a minute, and for another', function()
        joined(far_router())
        local text
        -- What was said last is acknowledged first.
        repeat text = timers_of_the_system() until not text:find('timer:(on', 1, true)
        assert.is_truthy(text:find 'timer:%(keepalive,5%dsec,0%)' or text:find 'timer:%(keepalive,1min,0%)', text)
    end)

    it('a router that stutters is only slow: nothing is lost, nothing comes twice, in order', function()
        local router = far_router()
        local client = joined(router, { pingInterval = 0.05, pingTimeout = 15 })
        helper.subscribed(client, 'a.b', box:on 'onEvent')
        for i = 1, 10 do
            router:freeze()
            client:publish('a.b', { i }, { onSuccess = box:on 'published' }, { exclude_me = false })
            -- Pings go unanswered meanwhile.
            for _ = 1, 3 do client:poll(0.05) end
            router:thaw()
            local names = { (box:next()), (box:next()) }
            table.sort(names)
            assert.same({ 'onEvent', 'published' }, names)
        end
        assert.equal('', box:names())
    end)

    it('the defaults: 30 s to connect, 30 s to join, 3 s for a goodbye and 3 s for the close frame', function()
        local heard = {}
        local function hears(name)
            return function()
                heard[name] = socket.gettime() - began
                box:on(name)()
            end
        end
        local leaving = played.joined({ onClose = hears 'closed' })
        began = socket.gettime()
        leaving.client:disconnect()
        helper.client({ onError = hears 'not connected' }):connect(('ws://%s/'):format(network.NOBODY))
        played.greeted { onError = hears 'not joined', autoReconnect = false }
        helper.run_until(function() return #box == 3 end, 'all of them', 60)
        for name, seconds in pairs { closed = 6, ['not connected'] = 30, ['not joined'] = 30 } do
            assert.is_true(heard[name] > seconds - 0.1 and heard[name] < seconds + 5, name .. ' ' .. heard[name])
        end
    end)
end)
