local ev = require 'ev'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'

local unpack = table.unpack or unpack -- luacheck: ignore 143

-- A router that can be stopped and started again under the same URL.
local function restartable()
    local first = helper.router()
    local url = first:url()
    return {
        url = url,
        stop = function() first:stop() end,
        start = function() first = helper.router { listen = url } end,
    }
end

local CALLBACKS = { 'onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess' }

describe('a session', function()
    local box

    before_each(function() box = helper.mailbox() end)
    after_each(helper.close)

    local function client_with(options)
        local all = box:callbacks(unpack(CALLBACKS))
        for k, v in pairs(options or {}) do all[k] = v end
        all.reconnectInterval = all.reconnectInterval or 0.02
        return helper.client(all)
    end

    it('§7.1 connects, and disconnect closes it: onClose once, and the loop ends', function()
        local client = client_with()
        client:connect(helper.router():url())
        box:expect 'onConnect'
        assert.is_number(client:getSessionId())
        client.disconnect()
        assert.equal(0, client:getOpStatus().code)
        box:expect 'onClose'
        assert.is_nil(client:getSessionId())
        assert.same({ code = 0, description = 'Success!', reqId = 0 }, client:getOpStatus())
        box:ends()
    end)

    it('§7.1 connect() with a dot right inside onClose joins again under the remembered URL', function()
        local client
        client = client_with { onClose = function() client.connect() end }
        client:connect(helper.router():url())
        box:expect 'onConnect'
        client:publish('a.b')
        assert.equal(1, client:getOpStatus().reqId)
        client.disconnect()
        box:expect 'onConnect'
        client:publish('a.b')
        assert.equal(1, client:getOpStatus().reqId)
    end)

    it('K13 K21 disconnect and abort of an idle client do nothing', function()
        local client = client_with()
        client:disconnect()
        client:abort()
        box:ends()
    end)

    it('Q04 disconnect before the session exists stays closed: onClose once', function()
        local client = client_with()
        client:connect(helper.router():url())
        client:disconnect()
        box:expect 'onClose'
        box:ends()
    end)

    it('Q14 a second disconnect is harmless', function()
        local client = client_with()
        client:connect(helper.router():url())
        box:expect 'onConnect'
        client:disconnect()
        client:disconnect()
        box:expect 'onClose'
        box:ends()
    end)

    it('Q35 connect while connected changes nothing', function()
        local client = client_with()
        local url = helper.router():url()
        client:connect(url)
        box:expect 'onConnect'
        local session = client:getSessionId()
        client:connect(url)
        assert.equal('onSuccess', (helper.published(client, 'a.b', 1)))
        assert.equal(session, client:getSessionId())
        assert.equal('', box:names())
    end)

    it('a GOODBYE of the router ends in onClose without a reconnect #own', function()
        local router = restartable()
        local client = client_with()
        client:connect(router.url)
        box:expect 'onConnect'
        router.stop()
        box:expect 'onClose'
        box:ends()
    end)

    it('an unknown realm: onError tells the reason, retries, onClose at the end (L24)', function()
        local client = client_with { realm = 'nowhere', maxRetries = 2 }
        client:connect(helper.router():url())
        for _ = 1, 2 do
            local err = box:expect 'onError'
            assert.equal('wamp.error.no_such_realm', err.error)
            assert.is_table(err.details)
            box:expect 'onReconnect'
        end
        box:expect 'onError'
        box:expect 'onClose'
        box:ends()
    end)

    it('C04 Q42 requests made before the session exists are sent when it does', function()
        local client = client_with()
        client:subscribe('a.b', { onEvent = box:on 'onEvent', onSuccess = box:on 'subscribed' })
        client:connect(helper.router():url())
        client:publish('a.b', { 'early' }, nil, { exclude_me = false })
        box:expect 'onConnect'
        box:expect 'subscribed'
        assert.same({ 'early' }, box:expect('onEvent').argsList)
    end)

    it('at the end every waiting request fails, however many they are, and onClose comes last', function()
        local client = client_with { realm = 'nowhere', maxRetries = 0 }
        local failed, closed_after = 0, nil
        for _ = 1, 3000 do
            client:call('a.b', nil, { onSuccess = print, onError = function() failed = failed + 1 end })
        end
        client:options { onClose = function()
            closed_after = failed
            box:on 'onClose' ()
        end }
        client:connect(helper.router():url())
        box:expect 'onError'
        box:expect 'onClose'
        assert.equal(3000, closed_after)
    end)

    it('what is asked for while the end is told fails, too: once each, in order, before onClose', function()
        local client = client_with { realm = 'nowhere', maxRetries = 0 }
        local function ask(name, on_error)
            client:call('a.b', nil, { onSuccess = print, onError = on_error or box:on(name) })
        end
        ask('first', function()
            for _, name in ipairs { 'a', 'b', 'c', 'd', 'e' } do ask(name) end
        end)
        client:connect(helper.router():url())
        box:expect 'onError'
        for _, name in ipairs { 'a', 'b', 'c', 'd', 'e', 'onClose' } do box:expect(name) end
        box:ends()
    end)

    -- Runs a program that publishes `size` bytes as its last act, from inside of that callback or after its loop, and
    -- then ends in that way.
    local function last_words(url, size, inside, ending)
        local program = [[
            local client, loop = nil, require('ev').Loop.default
            local function say()
                client:publish('last.words', { ('x'):rep(%d) })
                %s
            end
            local inside = %q
            client = require('loowy.client').new(%q, { realm = 'realm1', transportEncoding = 'msgpack',
                onConnect = function()
                    if inside == 'onConnect' then say() end
                    if inside ~= 'onSuccess' then return loop:unloop() end
                    client:publish('something', nil, { onSuccess = say })
                end })
            loop:loop()
            say()
        ]]
        assert.same({ '', 0 }, { helper.run_program(program:format(size, ending, inside, url)) })
    end

    it('I09 a publication directly followed by os.exit is delivered: small, large, inside of callbacks', function()
        local router = helper.router()
        local listener = helper.joined(router:url())
        helper.subscribed(listener, 'last.words', box:on 'onEvent')
        for _, inside in ipairs { 'no callback', 'onConnect', 'onSuccess' } do
            for _, size in ipairs { 7, 5 * 1024 * 1024 } do
                last_words(router:url(), size, inside, 'os.exit(0)')
                assert.equal(size, #box:expect('onEvent').argsList[1])
            end
        end
    end)

    it('I09 so is one before the end of the program, or before the Lua state is closed', function()
        local router = helper.router()
        local listener = helper.joined(router:url())
        helper.subscribed(listener, 'last.words', box:on 'onEvent')
        for _, ending in ipairs { '', 'os.exit(0, true)', 'client = nil collectgarbage() collectgarbage()' } do
            last_words(router:url(), 5 * 1024 * 1024, 'no callback', ending)
            assert.equal(5 * 1024 * 1024, #box:expect('onEvent').argsList[1])
        end
    end)

    it('Q02 an error in a callback is reported and disturbs nothing', function()
        local client = client_with()
        client:connect(helper.router():url())
        box:expect 'onConnect'
        local stderr = io.stderr
        local said = {}
        io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end } -- luacheck: ignore 122
        helper.subscribed(client, 'a.b', function() error 'boom' end)
        client:subscribe('a.b', box:on 'second')
        client:publish('a.b', 1, { onSuccess = function() error {} end }, { exclude_me = false })
        box:expect 'second'
        assert.equal('onSuccess', (helper.published(client, 'a.b', 1)))
        io.stderr = stderr -- luacheck: ignore 122
        assert.matches('^CALLBACK FAILED: .*boom.*traceback', table.concat(said))
    end)

    it('debug = true prints what is asked and what is heard, other values print nothing', function()
        local url = helper.router():url()
        local print, printed = _G.print, {}
        _G.print = function(text) printed[#printed + 1] = text end -- luacheck: ignore 122
        local quiet = helper.joined(url, { debug = 'yes' })
        helper.published(quiet, 'a.b', 1)
        local silent = #printed
        local loud = helper.joined(url, { debug = true })
        helper.published(loud, 'a.b', 1)
        _G.print = print -- luacheck: ignore 122
        assert.equal(0, silent)
        local text = table.concat(printed, '\n')
        for _, word in ipairs { 'connect', 'JOINED', 'publish', 'ACKNOWLEDGED' } do
            assert.matches('[DEBUG] (string) "' .. word .. '"\n', text, 1, true)
        end
    end)

    it('I06 runs on the loop given as eventLoop', function()
        local own = ev.Loop.new()
        local connected
        local client
        client = helper.client { eventLoop = own, onConnect = function()
            connected = true
            client:disconnect()
        end }
        client:connect(helper.router():url())
        own:loop()
        assert.is_true(connected)
    end)

    it('poll and getfd serve programs that own their loop', function()
        local connected
        local client = helper.client { onConnect = function() connected = true end }
        client:connect(helper.router():url())
        assert.is_number(client:getfd())
        for _ = 1, 1000 do
            if connected then break end
            client:poll(5)
        end
        assert.is_true(connected)
    end)

    it('collected clients leave no descriptors behind', function()
        local url = helper.router():url()

        local function descriptors()
            local pipe = io.popen 'ls /proc/$PPID/fd 2>/dev/null | wc -l'
            local count = tonumber(pipe:read '*a')
            pipe:close()
            return count
        end

        -- Often enough that a just-in-time compiler has compiled all of it.
        local function round()
            for _ = 1, 20 do
                local client
                client = loowy.new(url, { realm = 'realm1', onClose = box:on 'onClose', onConnect = function()
                    for i = 1, 20 do client:publish('a.b', { i }) end
                    client:disconnect()
                end })
            end
            for _ = 1, 20 do box:expect 'onClose' end
            ev.Loop.default:loop()
            collectgarbage()
            collectgarbage()
        end

        round()
        local before = descriptors()
        for _ = 1, 10 do round() end
        assert.is_true(descriptors() < before + 20)
    end)

    it('two clients of one program are independent', function()
        local url = helper.router():url()
        local one, two = helper.joined(url), helper.joined(url)
        assert.not_equal(one:getSessionId(), two:getSessionId())
        one:publish('x.')
        assert.equal(1, one:getOpStatus().code)
        assert.equal(0, two:getOpStatus().code)
    end)
end)
