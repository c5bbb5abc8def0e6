--- What the methods have in common: roles, request ids, the status, and what waits for a session.

local helper = require 'spec.helper'
local played = require 'spec.support.played'
local statuses = require 'spec.support.statuses'

local status, failure = statuses.status, statuses.failure

local BROKER, DEALER = { 'publish', 'subscribe', 'unsubscribe' }, { 'call', 'cancel', 'register', 'unregister' }
local WITH_PAYLOAD = { publish = true, call = true }
local WITHOUT_URI = { unsubscribe = true, cancel = true }

local function ask(client, method, first, callbacks, options)
    if WITH_PAYLOAD[method] then
        client[method](client, first, nil, callbacks, options)
    else
        client[method](client, first, callbacks, options)
    end
end

for _, format in ipairs(played.FORMATS) do
    describe('all methods over ' .. format, function()
        local p, client, box

        local function greeted(options)
            options = options or {}
            options.transportEncoding = format
            p = played.greeted(options)
            client, box = p.client, p.box
        end

        local function join(options, welcome)
            greeted(options)
            p:say(welcome or played.WELCOME)
            box:expect 'onConnect'
        end

        after_each(played.close)

        -- All forms of callbacks hear of a local error as they ought to.
        local function refused(code, method, first, options)
            local told = helper.mailbox()
            ask(client, method, first, told:callbacks('onError', 'onSuccess', 'onEvent', 'rpc'), options)
            assert.same(status(code), client:getOpStatus())
            assert.same(failure(code), told:expect 'onError')
            for _, callbacks in ipairs { told:on 'called', {}, 'text', { onError = 'text' } } do
                ask(client, method, first, callbacks, options)
                assert.same(status(code), client:getOpStatus())
            end
            assert.equal('', told:names())
        end

        local function lacking(methods, code)
            for _, method in ipairs(methods) do
                refused(code, method, 't')
                if not WITHOUT_URI[method] then refused(1, method, 'a b') end
            end
        end

        it('C01 tell that the router lacks their role', function()
            join(nil, '[2,1,{"roles":{"dealer":{}}}]')
            lacking(BROKER, 2)
            client:call('t', nil, print)
            p:expect '[48,1,{},"t"]'
            client:register('t', print)
            p:expect '[64,2,{},"t"]'
            refused(20, 'cancel', 99)
            refused(17, 'unregister', 'u')
            played.close()
            join(nil, '[2,1,{"roles":{"broker":{}}}]')
            lacking(DEALER, 12)
            client:publish 't'
            p:expect '[16,1,{},"t"]'
            client:subscribe('t', print)
            p:expect '[32,2,{},"t"]'
            refused(7, 'unsubscribe', 'u')
        end)

        it('C01 look at roles only while there is a session', function()
            greeted()
            client:publish 't'
            assert.same(status(0, 1), client:getOpStatus())
            client:call('t', nil, print)
            assert.same(status(0, 2), client:getOpStatus())
            refused(1, 'publish', 'a b')
            p:say '[2,1,{"roles":{}}]'
            box:expect 'onConnect'
            lacking(BROKER, 2)
            lacking(DEALER, 12)
        end)

        it('C02 send nothing, use no id and name none when they refuse locally', function()
            join()
            client:register('known', { rpc = print, onSuccess = box:on 'registered' })
            p:told('registered', ('[65,%d,77]'):format((p:request(64))))
            for _, case in ipairs {
                { 1, 'publish', '' }, { 1, 'subscribe', '' }, { 1, 'call', '' }, { 1, 'register', '' },
                { 1, 'unregister', '' }, { 4, 'publish', 't', { exclude = 'x' } },
                { 4, 'register', 't', { match = 'exact' } },
                { 7, 'unsubscribe', 't' }, { 15, 'register', 'known' }, { 17, 'unregister', 't' },
                { 20, 'cancel', 1 },
            } do
                ask(client, case[2], case[3], box:callbacks('onError', 'rpc'), case[4])
                assert.same(status(case[1]), client:getOpStatus())
                assert.same(failure(case[1]), box:expect 'onError')
            end
            for _, method in ipairs { 'subscribe', 'call', 'register' } do
                ask(client, method, 't', box:callbacks 'onError')
                assert.same(status(3), client:getOpStatus())
                assert.same(failure(3), box:expect 'onError')
            end
            client:call('t', nil, box:callbacks('onError', 'onSuccess'), { timeout = 'x' })
            assert.same(status(4), client:getOpStatus())
            assert.same(failure(4), box:expect 'onError')
            client:publish 't'
            p:expect '[16,2,{},"t"]'
            assert.same(status(0, 2), client:getOpStatus())
        end)

        -- Each method once; the numbers of its requests go from `first` on in the status, from `sent` on the wire.
        local function each_method(first, sent)
            local number = 0
            local function asked(message)
                assert.same(status(0, first + number), client:getOpStatus())
                p:expect(message:format(sent + number))
                number = number + 1
            end
            client:subscribe('t', { onEvent = print, onSuccess = box:on 'subscribed' })
            asked '[32,%d,{},"t"]'
            p:told('subscribed', ('[33,%d,55]'):format(sent))
            client:publish 't'
            asked '[16,%d,{},"t"]'
            client:call('t', nil, box:callbacks('onSuccess', 'onError'))
            asked '[48,%d,{},"t"]'
            client:cancel(first + 2)
            assert.same(status(0, first + 2), client:getOpStatus())
            p:expect(('[49,%d,{}]'):format(sent + 2))
            p:told('onError', ('[8,48,%d,{},"wamp.error.canceled"]'):format(sent + 2))
            client:register('t', { rpc = print, onSuccess = box:on 'registered' })
            asked '[64,%d,{},"t"]'
            p:told('registered', ('[65,%d,77]'):format(sent + 3))
            client:unsubscribe('t', box:callbacks 'onSuccess')
            asked '[34,%d,55]'
            p:told('onSuccess', ('[35,%d]'):format(sent + 4))
            client:unregister('t', box:on 'unregistered')
            asked '[66,%d,77]'
            p:told('unregistered', ('[67,%d]'):format(sent + 5))
        end

        it('C03 C06 Q37 count their requests from 1, over lost connections too, and anew after the end', function()
            join { reconnectInterval = 0.01 }
            each_method(1, 1)
            each_method(7, 7)
            p.peer:close()
            box:expect 'onReconnect'
            p:accept()
            p:say(played.WELCOME)
            box:expect 'onReconnectSuccess'
            each_method(13, 1)
            p:say '[6,{},"wamp.close.close_realm"]'
            client:poll(20)
            p:expect '[6,{},"wamp.close.goodbye_and_out"]'
            p.peer:close()
            box:expect 'onClose'
            client:connect()
            p:accept()
            p:say(played.WELCOME)
            box:expect 'onConnect'
            each_method(1, 1)
        end)

        it('C06 Q11 leave a table of its own for each success', function()
            join()
            client:publish 't'
            local first = client:getOpStatus()
            client:publish 't'
            assert.same(status(0, 1), first)
            assert.same(status(0, 2), client:getOpStatus())
            assert.equal(client:getOpStatus(), client:getOpStatus())
        end)

        -- What can be asked without a session, and the messages that come of it when there is one.
        local function ask_early(first)
            client:publish('t', { 1 })
            client:subscribe('t', print)
            client:call('t', nil, print)
            client:register('t', print)
            client:publish('u', nil, {})
            assert.same(status(0, first + 4), client:getOpStatus())
            refused(7, 'unsubscribe', 't')
            refused(17, 'unregister', 't')
            client:cancel(first + 2)
            assert.same(status(0, first + 2), client:getOpStatus())
            client:call('v', nil, print)
            return { '[16,%d,{},"t",[1]]', '[32,%d,{},"t"]', '[64,%d,{},"t"]', '[16,%d,{"acknowledge":true},"u"]',
                '[48,%d,{},"v"]' }
        end

        -- Those messages come, in that order, and nothing before the session exists.
        local function flushed(name, messages)
            p:accept()
            client:publish 'last'
            p.peer.socket:settimeout(0)
            local byte, why = p.peer.socket:receive(1)
            assert.is_nil(byte)
            assert.equal('timeout', why)
            p.peer.socket:settimeout(20)
            p:say(played.WELCOME)
            box:expect(name)
            for number, message in ipairs(messages) do p:expect(message:format(number)) end
            p:expect(('[16,%d,{},"last"]'):format(#messages + 1))
            p:silent()
        end

        it('C04 C05 Q42 wait for the first session', function()
            box = helper.mailbox()
            local all = box:callbacks('onConnect', 'onError', 'onClose')
            all.transportEncoding = format
            client = helper.client(all)
            local listener = played.listen()
            local messages = ask_early(1)
            client:connect(listener.url)
            p = played.playing(listener, client, box)
            flushed('onConnect', messages)
        end)

        it('C04 C05 Q42 wait for the next connect() after the end', function()
            for _, ending in ipairs { 'GOODBYE', 'no retries' } do
                join { maxRetries = 0 }
                if ending == 'GOODBYE' then
                    p:say '[6,{},"wamp.close.close_realm"]'
                    client:poll(20)
                    p:expect '[6,{},"wamp.close.goodbye_and_out"]'
                end
                p.peer:close()
                box:expect 'onClose'
                local messages = ask_early(1)
                client:connect()
                flushed('onConnect', messages)
                played.close()
            end
        end)

        it('C04 C05 wait for the next session while the connection is lost', function()
            join { reconnectInterval = 0.01 }
            client:publish 'first'
            p:expect '[16,1,{},"first"]'
            p.peer:close()
            helper.run_until(function() return not client:getSessionId() or box[1] end, 'the loss')
            local messages = ask_early(2)
            box:expect 'onReconnect'
            flushed('onReconnectSuccess', messages)
        end)

        it('C07 set the status of a missing role when WELCOME has no roles at all', function()
            join(nil, '[2,1,{}]')
            lacking(BROKER, 2)
            lacking(DEALER, 12)
            assert.equal(1, client:getSessionId())
        end)
    end)

    describe('the status over ' .. format, function()
        after_each(played.close)

        it('S01 is a fresh success at first and after the end', function()
            local fresh = status(0, 0)
            local p
            p = played.greeted { transportEncoding = format, onClose = function()
                p.box:on 'onClose' (p.client:getOpStatus())
            end }
            local client = p.client
            assert.same(fresh, client:getOpStatus())
            assert.not_equal(client:getOpStatus(), helper.client():getOpStatus())
            for _, ending in ipairs { 'disconnect', 'GOODBYE', 'abort', 'loss' } do
                p:say(played.WELCOME)
                p.box:expect 'onConnect'
                client:publish 't'
                p:heard()
                local before = client:getOpStatus()
                assert.same(status(0, 1), before)
                if ending == 'abort' or ending == 'loss' then client:options { autoReconnect = false } end
                if ending == 'abort' or ending == 'disconnect' then client[ending]() end
                if ending == 'GOODBYE' then p:say '[6,{},"wamp.close.close_realm"]' end
                if ending == 'disconnect' then
                    p:expect '[6,{},"wamp.close.system_shutdown"]'
                    p:say '[6,{},"wamp.close.goodbye_and_out"]'
                end
                if ending ~= 'loss' then
                    helper.run_until(function()
                        client:poll(0.01)
                        return not client:getSessionId()
                    end, 'the end')
                end
                p.peer:close()
                assert.same(fresh, p.box:expect 'onClose')
                assert.same(fresh, client:getOpStatus())
                client:connect()
                p:accept()
            end
        end)

        it('S02 has the number of WELCOME as long as there is a session', function()
            local p = played.greeted { transportEncoding = format, reconnectInterval = 0.01 }
            local client = p.client
            assert.is_nil(client:getSessionId())
            p:say(played.WELCOME)
            p.box:expect 'onConnect'
            assert.equal(100001, client.getSessionId())
            if math.type then assert.equal('integer', math.type(client:getSessionId())) end
            p.peer:close()
            p.box:expect 'onReconnect'
            assert.is_nil(client:getSessionId())
            p:accept()
            assert.is_nil(client:getSessionId())
            p:say '[2,100002,{"roles":{"broker":{}}}]'
            p.box:expect 'onReconnectSuccess'
            assert.equal(100002, client:getSessionId())
            client:disconnect()
            p:expect '[6,{},"wamp.close.system_shutdown"]'
            assert.equal(100002, client:getSessionId())
            p:say '[6,{},"wamp.close.goodbye_and_out"]'
            client:poll(20)
            assert.is_nil(client:getSessionId())
            assert.equal(1000, p:heard_close())
            p.peer:close()
            p.box:expect 'onClose'
            assert.is_nil(client:getSessionId())
        end)

        it('S03 has numbers up to 2^53 exactly, which Lua 5.1 and LuaJIT round when they print them', function()
            for text, rounded in pairs { ['9007199254740992'] = '9.007199254741e+15',
                ['9007199254740991'] = '9.007199254741e+15', ['1360000000000000'] = '1.36e+15' } do
                local p = played.joined({ transportEncoding = format }, ('[2,%s,{"roles":{}}]'):format(text))
                local id = p.client:getSessionId()
                assert.equal(text, ('%.0f'):format(id))
                assert.equal(math.type and text or rounded, tostring(id))
                played.close()
            end
        end)

        it('S03 has none beyond that: such a WELCOME breaks the protocol', function()
            local p = played.greeted { transportEncoding = format, maxRetries = 0 }
            p:say '[2,18014398509481984,{"roles":{}}]'
            assert.equal('wamp.error.protocol_violation', p.box:expect('onError').error)
            assert.matches('^%[3,{.*},"wamp.error.protocol_violation"%]$', p:heard())
            assert.is_nil(p.client:getSessionId())
        end)
    end)
end
