--- Defects and habits of 0.4.1: what is done instead, or kept because programs live with it.

local callbacks = require 'spec.support.callbacks'
local helper = require 'spec.helper'
local played = require 'spec.support.played'
local process = require 'spec.support.process'

describe('what 0.4.1 did:', function()
    local p, client, box

    before_each(function() box = helper.mailbox() end)
    after_each(played.close)

    local function joined(options, welcome)
        p = played.joined(options, welcome, box)
        client = p.client
    end

    local function greeted(options)
        p = played.greeted(options, box)
        client = p.client
    end

    local function subscribed(topic, id)
        client:subscribe(topic, { onEvent = box:on(topic), onSuccess = box:on 'subscribed' })
        p:told('subscribed', ('[33,%d,%d]'):format(p:request(32), id))
    end

    it('Q01 connects without LuaSocket, lua-websockets or a bit module', function()
        local router = helper.router_process()
        assert.equal('joined\n', (helper.run_program(([[
            for _, name in ipairs { 'socket', 'mime', 'websocket', 'bit32', 'bit', 'rapidjson', 'MessagePack' } do
                package.loaded[name] = nil
                package.preload[name] = function() error(name .. ' is loaded') end
            end
            local client
            client = require('loowy.client').new(%q, { realm = 'realm1', onConnect = function()
                print 'joined'
                client.disconnect()
            end })
            require('ev').Loop.default:loop()
        ]]):format(router.url))))
    end)

    it('Q02 Q32 an error in onSuccess or onError is printed; the request is over, and all goes on', function()
        joined()
        local function raise() error 'boom' end
        client:call('x.y', nil, { onSuccess = raise, onError = box:on 'never' })
        client:call('x.z', nil, { onSuccess = box:on 'never', onError = raise })
        client:publish('t', nil, { onSuccess = raise })
        for _ = 1, 3 do p:heard() end
        local said, problem = callbacks.reported(function()
            p:say('[50,1,{}]', '[8,48,2,{},"e.u"]', '[17,3,9]')
            p:settled()
        end)
        assert.is_nil(problem)
        assert.equal(3, select(2, table.concat(said):gsub('CALLBACK FAILED: [^\n]*boom\n*stack traceback', '')))
        for number = 1, 2 do
            client:cancel(number)
            assert.equal(20, p:code())
        end
        p:say('[50,1,{}]', '[8,48,2,{},"e.u"]', '[17,3,9]')
        p:settled()
        assert.equal('', box:names())
        client:disconnect()
        p:expect '[6,{},"wamp.close.system_shutdown"]'
        p:say '[6,{},"wamp.close.goodbye_and_out"]'
        client:poll(20)
        assert.equal(1000, p:heard_close())
        p:say_close(1000)
        p.peer:close()
        box:expect 'onClose'
    end)

    local function ponged(content)
        p.peer:send(content, 'ping')
        local kind, answer = p.peer:frame()
        assert.equal('pong', kind)
        assert.equal(content, answer)
    end

    it('Q03 a PING is answered, while the program computes, and between the fragments of a message', function()
        joined()
        subscribed('t', 5)
        for _, content in ipairs { '', 'x', ('y'):rep(125) } do ponged(content) end
        local socket = p.peer.socket
        local function fragment(head, content) assert(socket:send(string.char(head, #content) .. content)) end
        fragment(0x01, '[36,5,1,{}')
        ponged 'one'
        fragment(0x00, ',["spl')
        ponged 'two'
        fragment(0x80, 'it"]]')
        assert.same({ 'split' }, box:expect('t').argsList)
    end)

    it('Q08 O10 after the final close both formats are offered, the preferred one first', function()
        joined()
        for _, preferred in ipairs { { 'msgpack', 'wamp.2.msgpack, wamp.2.json' },
            { 'json', 'wamp.2.json, wamp.2.msgpack' } } do
            client:disconnect()
            p:heard()
            p.peer:close()
            box:expect 'onClose'
            client:options { transportEncoding = preferred[1] }
            client.connect()
            local request = p.listener:request()
            assert.equal(preferred[2], request.headers['sec-websocket-protocol'])
            p.peer = request.peer
            p.peer:agree(request, 'wamp.2.' .. preferred[1])
            p:heard()
            p:say(played.WELCOME)
            box:expect 'onConnect'
            assert.equal(preferred[1], client:options().transportEncoding)
        end
        p.peer:close()
    end)

    it('Q09 authid without authmethods sends none, with them it sends a list', function()
        greeted { authid = 'joe' }
        assert.matches('"authid":"joe"', p.hello, 1, true)
        assert.is_nil(p.hello:find('authmethods', 1, true))
        greeted { authid = 'joe', authmethods = { 'ticket' } }
        assert.matches('"authmethods":["ticket"]', p.hello, 1, true)
    end)

    it('Q11 each operation has a status table of its own', function()
        joined()
        local other = helper.client()
        client:publish 't'
        local first = client:getOpStatus()
        client:publish 't'
        assert.same({ code = 0, description = 'Success!', reqId = 1 }, first)
        assert.same({ code = 0, description = 'Success!', reqId = 2 }, client:getOpStatus())
        assert.same({ code = 0, description = 'Success!', reqId = 0 }, other:getOpStatus())
        client:publish ''
        local wrong = client:getOpStatus()
        wrong.description = 'changed'
        client:publish ''
        assert.equal("Topic URI doesn't meet requirements!", client:getOpStatus().description)
    end)

    -- All messages of a client with empty dictionaries and lists in them: what the router hears in MessagePack.
    it('Q20 in MessagePack what is a dictionary is a map, what is a list an array', function()
        joined { transportEncoding = 'msgpack' }
        local values = require 'spec.support.values'
        local function hears(digits) assert.equal((digits:gsub(' ', '')), values.hex(p.peer:receive())) end
        client:subscribe('t', print)
        hears '94 20 01 80 a174'
        client:publish('t', {})
        hears '96 10 02 80 a174 90 80'
        client:publish('t', { argsDict = {} }, nil, { exclude = {} })
        hears '96 10 03 81a76578636c75646590 a174 90 80'
        client:call('t', { argsList = { {} } }, print)
        hears '95 30 04 80 a174 91 90'
        client:cancel(4)
        hears '93 31 04 80'
        client:register('r', function(data)
            if data.argsList then error { error = 'e', argsDict = {} } end
            return { argsList = {}, argsDict = {} }
        end)
        hears '94 40 05 80 a172'
        p:say('[65,5,7]', '[33,1,8]', '[68,9,7,{}]', '[68,10,7,{},[1]]')
        client:poll(20)
        client:poll()
        hears '95 46 09 80 90 80'
        hears '97 08 44 0a 80 a165 90 80'
        client:unsubscribe 't'
        hears '93 22 06 08'
        client:unregister 'r'
        hears '93 42 07 07'
        client:disconnect()
        hears('93 06 80 ba' .. values.hex 'wamp.close.system_shutdown')
        greeted { transportEncoding = 'msgpack', authid = 'joe', onChallenge = function() return 's' end }
        p:say '[4,"ticket",{}]'
        client:poll(20)
        hears '93 05 a173 80'
        client:abort()
        hears('93 03 80 b0' .. values.hex 'wamp.error.abort')
    end)

    it('Q21 connects to wss://, when the certificate is trusted; otherwise onError is told', function()
        local router = helper.router { listen = 'ws://127.0.0.1:0/ws' }
        local port = router:url():match ':(%d+)/'
        local front = process.new('exec python3 spec/support/tls_front.py ' .. port)
        finally(function() front:kill() end)
        front:start()
        local function connect(tls)
            client = helper.client { tls = tls, onConnect = box:on 'onConnect', onError = box:on 'onError' }
            client:connect(front.url)
        end
        for _, tls in ipairs { { ca = 'spec/support/tls/cert.pem' }, { verify = false } } do
            connect(tls)
            box:expect 'onConnect'
            assert.equal('onSuccess', (helper.published(client, 'a.b', { 1 })))
        end
        connect(nil)
        assert.matches('certificate', box:expect('onError').error)
        assert.equal('', box:names())
    end)

    it('Q22 a first connect that fails is told once and not retried, but with retryFirstConnect', function()
        local listener = played.listen()
        listener:close()
        local function tells(names, options)
            local all = box:callbacks('onError', 'onReconnect', 'onClose')
            for k, v in pairs(options) do all[k] = v end
            all.reconnectInterval = 0.01
            helper.client(all):connect(listener.url)
            for _, name in ipairs(names) do box:expect(name) end
            box:ends()
        end
        tells({ 'onError' }, {})
        tells({ 'onError', 'onReconnect', 'onError', 'onReconnect', 'onError', 'onClose' },
            { retryFirstConnect = true, maxRetries = 2 })
    end)

    it('Q24 a wrong match is ignored by subscribe, and refused by register', function()
        joined()
        for _, wrong in ipairs { 'exact', 'Prefix', 5, false } do
            client:subscribe('t', print, { match = wrong })
            assert.equal(0, p:code())
            assert.equal('{},"t"', select(2, p:request(32)))
            client:register('r', print, { match = wrong })
            assert.equal(4, p:code())
        end
        p:silent()
    end)

    it('Q26 what is no result and the text of an error stay here', function()
        joined()
        local answer
        client:register('r', { rpc = function() return answer() end, onSuccess = box:on 'done' })
        p:told('done', ('[65,%d,7]'):format(p:request(64)))
        local answers = {
            { function() return 5 end, '[70,%d,{}]' }, { function() return 'text' end, '[70,%d,{}]' },
            { function() return { 1, 2 } end, '[70,%d,{}]' },
            { function() error 'text' end, '[8,68,%d,{},"wamp.error.invocation_exception"]' },
        }
        for number, case in ipairs(answers) do
            answer = case[1]
            p:say(('[68,%d,7,{}]'):format(number))
            client:poll(20)
            p:expect(case[2]:format(number))
        end
    end)

    it('Q27 removing one of several callbacks sends nothing, confirms nothing, and uses no number', function()
        joined()
        subscribed('t', 5)
        local second = box:on 'second'
        client:subscribe('t', second)
        client:unsubscribe('t', { onEvent = second, onSuccess = box:on 'never', onError = box:on 'never' })
        assert.equal(0, p:code())
        client:publish 'u'
        p:expect '[16,2,{},"u"]'
        p:told('t', '[36,5,1,{}]')
        p:settled()
        assert.equal('', box:names())
    end)

    it('Q28 after an UNSUBSCRIBE that was refused events go to nobody', function()
        joined()
        subscribed('t', 5)
        client:unsubscribe('t', box:callbacks('onSuccess', 'onError'))
        assert.equal('e.u', p:told('onError', ('[8,34,%d,{},"e.u"]'):format(p:request(34))).error)
        p:say '[36,5,1,{},[1]]'
        p:settled()
        assert.equal('', box:names())
        client:subscribe('t', { onEvent = box:on 'again', onSuccess = box:on 'subscribed' })
        p:told('subscribed', ('[33,%d,5]'):format(p:request(32)))
        p:told('again', '[36,5,2,{}]')
    end)

    it('Q35 K08 K09 connect while connecting or connected opens no second socket', function()
        local listener = played.listen()
        client = helper.client(box:callbacks('onConnect', 'onError', 'onClose'))
        client:connect(listener.url)
        client:connect(listener.url)
        local peer = listener:accept 'wamp.2.json'
        client:connect(listener.url)
        assert.equal('[1,"realm1",', peer:receive():sub(1, 12))
        peer:send(played.WELCOME)
        box:expect 'onConnect'
        client:connect(listener.url)
        client:publish 't'
        assert.equal('[16,1,{},"t"]', peer:receive())
        listener.socket:settimeout(0)
        assert.is_nil((listener.socket:accept()))
        assert.equal(100001, client:getSessionId())
        assert.equal('', box:names())
        peer:close()
    end)

    it('Q37 C03 numbers are used one after the other, and none is skipped', function()
        joined()
        client:publish 't'
        client:publish ''
        client:subscribe('t', 'none')
        pcall(client.publish, client, 't', { print })
        client:cancel(99)
        client:unsubscribe 'unknown'
        client:call('x.y', nil, print)
        assert.equal(2, client:getOpStatus().reqId)
        p:expect '[16,1,{},"t"]'
        p:expect '[48,2,{},"x.y"]'
        client:cancel(client:getOpStatus().reqId)
        p:expect '[49,2,{}]'
    end)

    it('Q40 the number of the last request stays after disconnect, abort and a partial unsubscribe', function()
        for _, method in ipairs { 'disconnect', 'abort' } do
            joined { autoReconnect = false }
            client:publish 't'
            client[method]()
            assert.same({ code = 0, description = 'Success!', reqId = 1 }, client:getOpStatus())
        end
        joined()
        subscribed('t', 5)
        local second = function() end
        client:subscribe('t', second)
        assert.same({ code = 0, description = 'Success!' }, client:getOpStatus())
        client:publish 't'
        client:unsubscribe('t', second)
        assert.same({ code = 0, description = 'Success!', reqId = 2 }, client:getOpStatus())
    end)

    it('Q41 a function as the callbacks of publish is not called, whatever the router says', function()
        joined()
        client:publish('t', 1, box:on 'never')
        p:expect '[16,1,{},"t",[1]]'
        p:say('[17,1,5]', '[8,16,1,{},"e.u"]')
        client:publish('t', 1, box:on 'never', { exclude = 'x' })
        assert.equal(4, p:code())
        p:settled()
        assert.equal('', box:names())
    end)

    for _, format in ipairs(played.FORMATS) do
        it('L11 an onChallenge that returns no string answers with an empty signature, over ' .. format, function()
            for _, signature in ipairs { false, true, 'nothing', {} } do
                greeted { transportEncoding = format, authid = 'joe', onChallenge = function()
                    if signature ~= 'nothing' then return signature end
                end }
                p:say '[4,"ticket",{}]'
                client:poll(20)
                p:expect '[5,"",{}]'
            end
            greeted { transportEncoding = format, authid = 'joe', onChallenge = function() return 'text', 'more' end }
            p:say '[4,"ticket",{}]'
            client:poll(20)
            p:expect '[5,"text",{}]'
        end)
    end

    it('L15 a signature that the router refuses is told with the reason, and the login is tried again', function()
        greeted { authid = 'joe', maxRetries = 1, reconnectInterval = 0.01,
            onChallenge = function() return 'wrong' end }
        for attempt = 1, 2 do
            p:say '[4,"wampcra",{}]'
            client:poll(20)
            p:expect '[5,"wrong",{}]'
            assert.same({ error = 'wamp.error.not_authorized', details = { message = 'm' } },
                p:told('onError', '[3,{"message":"m"},"wamp.error.not_authorized"]'))
            assert.equal(1000, p:heard_close())
            p.peer:close()
            if attempt == 1 then
                box:expect 'onReconnect'
                p:accept()
            end
        end
        box:expect 'onClose'
        box:ends()
    end)

    it('L16 the answer to a WAMP-CRA challenge is Base64 of HMAC-SHA256, which the callback computes', function()
        local extra = { challenge = '{"nonce":"LHRTC9zeOIrt_9U3","session":3251278072152162}' }
        greeted { authid = 'joe', authmethods = { 'wampcra' }, onChallenge = function(method, given)
            assert.equal('wampcra', method)
            assert.same(extra, given)
            return require('loowy_core').wampcra_sign('secret', given)
        end }
        p:say(('[4,"wampcra",{"challenge":%q}]'):format(extra.challenge))
        client:poll(20)
        -- as `openssl dgst -sha256 -hmac secret -binary | base64` says
        p:expect '[5,"Aoqh5vXsm3D3KvsW2XTkO5tn/cMD7qTv5tmDOQOBZTc=",{}]'
    end)
end)
