--- What a client makes of a connection that is reset, or just ends, at any point of a session.

local misbehaving = require 'spec.support.misbehaving'
local wire = require 'spec.support.wire'

local object = misbehaving.object

local LOST = 'wamp.error.network_failure'
local GOODBYE = { 6, object {}, 'wamp.close.goodbye_and_out' }

-- The points of a session without requests: what happens up to there.
local POINTS = {
    ['in a session'] = function() end,
    ['in the header of a frame'] = function(faulty) faulty.peer:raw '\129' end,
    ['in the length of a frame'] = function(faulty) faulty.peer:raw '\129\127\0\0\0' end,
    ['in a frame'] = function(faulty) faulty.peer:raw(wire.frame('text', '[36,5,1', { length = 100 })) end,
    ['between two fragments'] = function(faulty) faulty.peer:raw(wire.frame('text', '[36,5,1', { fin = false })) end,
    ['in a control frame between fragments'] = function(faulty)
        faulty.peer:raw(wire.frame('text', '[36,5,1', { fin = false }) .. wire.frame('ping', 'p', { length = 9 }))
    end,
    ['after a ping'] = function(faulty) faulty.peer:send('p', 'ping') end,
    ['in the middle of an invocation'] = function(faulty)
        faulty:say { 68, 1, 7, object {} }
        faulty.client:poll(20)
    end,
    ['after a publication without acknowledgement'] = function(faulty) faulty.client:publish 'a.b' end,
    ['while the client says much'] = function(faulty)
        for _ = 1, 8 do faulty.client:publish('a.b', { ('x'):rep(1000000) }) end
    end,
    ['while the router says much'] = function(faulty)
        faulty.peer.socket:settimeout(0)
        faulty.peer.socket:send(wire.frame('ping', ('p'):rep(100)):rep(20000))
    end,
}

-- Requests that wait for their answers: what is told when the connection is lost, or that they are made again.
local REQUESTS = {
    call = { told = LOST, make = function(client, callbacks) client:call('a.b', nil, callbacks) end, code = 48 },
    publish = { told = LOST, make = function(client, callbacks) client:publish('a.b', nil, callbacks) end, code = 16 },
    subscribe = { asked_again = true, make = function(client, callbacks)
        callbacks.onEvent = print
        client:subscribe('c.d', callbacks)
    end, code = 32, answer = 33 },
    register = { asked_again = true, make = function(client, callbacks)
        callbacks.rpc = print
        client:register('c.d', callbacks)
    end, code = 64, answer = 65 },
    unsubscribe = { make = function(client, callbacks) client:unsubscribe('a.topic', callbacks) end, code = 34 },
    unregister = { make = function(client, callbacks) client:unregister('a.procedure', callbacks) end, code = 66 },
}

-- From here on there is nothing to come back to.
local LEAVING = {
    ['after our GOODBYE'] = function(faulty)
        faulty.client:disconnect()
        faulty:heard(6)
    end,
    ['after both GOODBYEs'] = function(faulty)
        faulty.client:disconnect()
        faulty:heard(6)
        faulty:say(GOODBYE)
    end,
    ['after our close frame'] = function(faulty)
        faulty.client:disconnect()
        faulty:heard(6)
        faulty:say(GOODBYE)
        faulty.client:poll(20)
        faulty:gets { close = 1000 }
    end,
    ['after both close frames'] = function(faulty)
        faulty.client:disconnect()
        faulty:heard(6)
        faulty:say(GOODBYE)
        faulty.peer:send('\3\232', 'close')
    end,
    ['after the router\'s GOODBYE'] = function(faulty)
        faulty:say(GOODBYE)
        faulty.client:poll(20)
        faulty:heard(6)
    end,
}

-- There is no session yet.
local JOINING = {
    ['after HELLO'] = function() end,
    ['after CHALLENGE'] = function(faulty) faulty:say { 4, 'ticket', object {} } end,
    ['after AUTHENTICATE'] = function(faulty)
        faulty:say { 4, 'ticket', object {} }
        faulty.client:poll(20)
        faulty:heard(5)
    end,
    ['in WELCOME'] = function(faulty) faulty.peer:raw(wire.frame('text', '[2,1', { length = 50 })) end,
    ['after a broken protocol'] = function(faulty)
        faulty:say 'x'
        faulty.box:expect 'onError'
    end,
    ['after ABORT'] = function(faulty)
        faulty:say { 3, object {}, 'an.error' }
        faulty.box:expect 'onError'
    end,
}

local function each(points, run)
    local names = {}
    for name in pairs(points) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do run(name, points[name]) end
end

for how, text in pairs { reset = 'is reset', close = 'ends' } do
    describe('a connection that ' .. text, function()
        after_each(misbehaving.close)

        each(POINTS, function(name, reach)
            it('L04 Q43 ' .. name .. ' is made again, without onError', function()
                local faulty = misbehaving.beside()
                for _ = 1, 3 do
                    reach(faulty)
                    faulty.peer[how](faulty.peer)
                    faulty:reconnects()
                end
                faulty.other:works()
            end)
        end)

        it('L04 in a session is the end without autoReconnect', function()
            local faulty = misbehaving.beside { autoReconnect = false }
            faulty.peer[how](faulty.peer)
            faulty:closes()
            faulty.other:works()
        end)

        each(REQUESTS, function(name, request)
            it(('Q36 L34 L36 while the router owes the answer to %s'):format(name), function()
                local faulty = misbehaving.beside()
                local client, box = faulty.client, faulty.box
                request.make(client, { onSuccess = box:on 'onSuccess', onError = box:on 'failed' })
                faulty:heard(request.code)
                faulty.peer[how](faulty.peer)
                if request.told then
                    assert.equal(request.told, box:expect('failed').error)
                elseif not request.asked_again then
                    box:expect 'onSuccess'
                end
                box:expect 'onReconnect'
                faulty:accept()
                faulty:say { 2, 100001, object { roles = { broker = object {}, dealer = object {} } } }
                box:expect 'onReconnectSuccess'
                local asked = {}
                for i = 1, request.asked_again and 3 or (request.told and 2 or 1) do
                    asked[i] = faulty.serializer.decode(faulty.peer:receive())
                    faulty:say { asked[i][1] + 1, asked[i][2], asked[i][1] == 32 and 5 or 7 }
                    if i == 3 then
                        assert.same({ request.code, 'c.d' }, { asked[i][1], asked[i][4] })
                        box:expect 'onSuccess'
                    end
                end
                client:publish 'the.last'
                assert.equal('the.last', faulty:heard(16)[4])
                assert.equal('', box:names())
                faulty.other:works()
            end)
        end)

        it('Q36 between progressive results fails the call', function()
            local faulty = misbehaving.beside()
            faulty.client:call('a.b', nil, faulty.box:callbacks('onSuccess', 'onError'), { receive_progress = true })
            faulty:say { 50, faulty:heard(48)[2], { progress = true }, { 1 } }
            faulty.box:expect 'onSuccess'
            faulty.peer[how](faulty.peer)
            assert.equal(LOST, faulty.box:expect('onError').error)
            faulty:reconnects()
        end)

        each(LEAVING, function(name, reach)
            it('L03 Q07 ' .. name .. ' is the end, told once', function()
                local faulty = misbehaving.beside { closeTimeout = 20 }
                reach(faulty)
                faulty.peer[how](faulty.peer)
                faulty:closes()
                faulty.other:works()
                faulty.client:connect()
                faulty.joined = false
                faulty:accept()
                faulty:welcome()
                faulty:works()
            end)
        end)

        each(JOINING, function(name, reach)
            it('§7.4 L25 ' .. name .. ' is made again, up to maxRetries', function()
                local faulty = misbehaving.greeted { maxRetries = 2, authid = 'joe', closeTimeout = 20,
                    onChallenge = function() return 's' end }
                for attempt = 1, 3 do
                    reach(faulty)
                    faulty.peer[how](faulty.peer)
                    if attempt < 3 then faulty:reconnects() end
                end
                faulty:closes()
                misbehaving.idle()
                assert.equal('', faulty.box:names())
            end)
        end)

        it('§7.4 right after the upgrade is made again', function()
            local faulty = misbehaving.connecting()
            for _ = 1, 3 do
                local peer = faulty.listener:accept 'wamp.2.json'
                peer[how](peer)
                faulty.box:expect 'onReconnect'
            end
            faulty:accept()
            faulty:welcome()
            faulty:works()
        end)

        it('§7.4 in the handshake of an attempt is told, and made again', function()
            local faulty = misbehaving.joined()
            faulty.peer:close()
            for _, said in ipairs { '', 'HTTP/1.1 101 Switching' } do
                faulty.box:expect 'onReconnect'
                local peer = faulty.listener:request().peer
                peer:raw(said)
                peer[how](peer)
                assert.truthy(faulty.box:expect('onError').error)
            end
            faulty:reconnects()
        end)
    end)
end
