--- disconnect and abort: what they say in each state, and that each life ends once.

local helper = require 'spec.helper'
local played = require 'spec.support.played'
local statuses = require 'spec.support.statuses'

local status = statuses.status

local METHODS = { 'disconnect', 'abort' }

for _, format in ipairs(played.FORMATS) do
    describe('leaving over ' .. format, function()
        local p, client, box

        local function take(player)
            p = player
            client, box = p.client, p.box
        end

        local function greeted(options)
            options = options or {}
            options.transportEncoding = format
            take(played.greeted(options))
        end

        local function joined(options)
            options = options or {}
            options.transportEncoding = format
            take(played.joined(options))
        end

        after_each(played.close)

        -- The client closes, and its router does, too.
        local function closes()
            local kind, content = p.peer:frame()
            assert.equal('close', kind)
            assert.equal('\3\232', content)
            p.peer:send(content, 'close')
            p.peer:close()
        end

        -- The life is over: onClose once, nothing else, nothing left to do, and nobody connects again.
        local function ends()
            box:expect 'onClose'
            box:ends()
            p.listener.socket:settimeout(0)
            assert.same({ nil, 'timeout' }, { p.listener.socket:accept() })
            assert.is_nil(client:getSessionId())
            assert.same(status(0, 0), client:getOpStatus())
        end

        local function goodbye()
            p:expect '[6,{},"wamp.close.system_shutdown"]'
            p:say '[6,{},"wamp.close.goodbye_and_out"]'
            client:poll(20)
            closes()
            ends()
        end

        it('K12 L05 disconnect in a session says goodbye, and closes when that is answered', function()
            for _, auto in ipairs { true, false } do
                joined { autoReconnect = auto, reconnectInterval = 0.01 }
                client.disconnect()
                p:expect '[6,{},"wamp.close.system_shutdown"]'
                assert.equal(100001, client:getSessionId())
                assert.equal('', box:names())
                p:say '[6,{},"wamp.close.goodbye_and_out"]'
                client:poll(20)
                closes()
                ends()
            end
        end)

        it('K13 K21 K25 do nothing to a client that never connected, or that is closed', function()
            box = helper.mailbox()
            local all = box:callbacks('onClose', 'onError', 'onReconnect')
            all.transportEncoding = format
            client = helper.client(all)
            for _, method in ipairs(METHODS) do
                client:publish ''
                client[method]()
                assert.same(status(0), client:getOpStatus())
                box:ends()
            end
            joined()
            client:disconnect()
            goodbye()
            for _, method in ipairs(METHODS) do
                client[method]()
                assert.same(status(0, 0), client:getOpStatus())
                box:ends()
            end
        end)

        it('K14 K15 Q04 disconnect without a session closes, and stays closed', function()
            for _, auto in ipairs { true, false } do
                greeted { autoReconnect = auto, reconnectInterval = 0.01 }
                client:disconnect()
                assert.equal(0, p:code())
                closes()
                ends()
            end
        end)

        it('K15 K22 Q04 disconnect and abort while connecting: onClose at once', function()
            for _, method in ipairs(METHODS) do
                for _, auto in ipairs { true, false } do
                    box = helper.mailbox()
                    local all = box:callbacks('onConnect', 'onClose', 'onError', 'onReconnect')
                    all.autoReconnect, all.reconnectInterval = auto, 0.01
                    all.transportEncoding = format
                    client = helper.client(all)
                    local listener = played.listen()
                    client:connect(listener.url)
                    client[method]()
                    assert.equal(0, client:getOpStatus().code)
                    assert.equal('onClose', box:names())
                    box:expect 'onClose'
                    box:ends()
                    assert.same(status(0, 0), client:getOpStatus())
                end
            end
        end)

        it('K15 K22 Q04 disconnect and abort in the middle of the handshake close the socket', function()
            for _, method in ipairs(METHODS) do
                box = helper.mailbox()
                local all = box:callbacks('onConnect', 'onClose', 'onError', 'onReconnect')
                all.reconnectInterval = 0.01
                all.transportEncoding = format
                client = helper.client(all)
                local listener = played.listen()
                client:connect(listener.url)
                local peer = listener:request().peer
                client[method]()
                assert.equal('onClose', box:names())
                local byte, why = peer.socket:receive(1)
                assert.is_nil(byte)
                assert.equal('closed', why)
                peer:close()
                box:expect 'onClose'
                box:ends()
            end
        end)

        it('K16 Q05 disconnect and abort while waiting to reconnect end that: onClose once', function()
            for _, method in ipairs(METHODS) do
                joined { reconnectInterval = 600 }
                p.peer:close()
                helper.run_until(function()
                    client:poll(0.01)
                    return not client:getSessionId()
                end, 'the loss')
                assert.equal('', box:names())
                client[method]()
                assert.equal(0, p:code())
                ends()
            end
        end)

        it('K17 K18 after disconnect everything is still sent, but no second GOODBYE', function()
            joined()
            client:call('c', nil, print)
            p:expect '[48,1,{},"c"]'
            client:disconnect()
            client:publish 'p'
            client:disconnect()
            client:subscribe('s', print)
            client:register('r', print)
            client:cancel(1)
            p:expect '[6,{},"wamp.close.system_shutdown"]'
            p:expect '[16,2,{},"p"]'
            p:expect '[32,3,{},"s"]'
            p:expect '[64,4,{},"r"]'
            p:expect '[49,1,{}]'
            p:say('[6,{},"wamp.close.goodbye_and_out"]', '[6,{},"wamp.close.goodbye_and_out"]')
            client:poll(20)
            closes()
            ends()
        end)

        it('K19 a GOODBYE that is never answered keeps the session until closeTimeout', function()
            joined { closeTimeout = 0.3 }
            client:disconnect()
            p:expect '[6,{},"wamp.close.system_shutdown"]'
            assert.equal(100001, client:getSessionId())
            assert.equal('', box:names())
            closes()
            ends()
        end)

        it('K20 K25 Q40 set the status to success, in every state', function()
            for _, method in ipairs(METHODS) do
                joined()
                client:publish 't'
                p:expect '[16,1,{},"t"]'
                client[method]()
                assert.same(status(0, 1), client:getOpStatus())
                played.close()
                joined()
                client:publish ''
                client[method]()
                assert.same(status(0), client:getOpStatus())
                played.close()
                greeted()
                client:publish ''
                client[method]()
                assert.same(status(0), client:getOpStatus())
                played.close()
            end
        end)

        it('K23 Q06 abort before the session says ABORT, closes, and carries nothing over', function()
            for _, auto in ipairs { true, false } do
                greeted { autoReconnect = auto, reconnectInterval = 0.01 }
                client.abort()
                assert.equal(0, p:code())
                p:expect '[3,{},"wamp.error.abort"]'
                closes()
                ends()
                p.listener.socket:settimeout(20)
                client:connect()
                p:accept()
                p:told('onConnect', played.WELCOME)
                p:silent()
                played.close()
            end
        end)

        it('K24 abort in a session closes without a word, and reconnects if it may', function()
            joined { autoReconnect = false }
            client.abort()
            assert.is_nil(client:getSessionId())
            closes()
            ends()
            joined { reconnectInterval = 0.01 }
            client.abort()
            assert.same(status(0, 0), client:getOpStatus())
            closes()
            box:expect 'onReconnect'
            p:accept()
            p:told('onReconnectSuccess', played.WELCOME)
            p:silent()
        end)
    end)
end
