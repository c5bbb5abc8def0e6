--- The status codes: the exact text of each, every operation that sets it, and what `onError` is told.

local ev = require 'ev'
local errors = require 'loowy.errors'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'
local played = require 'spec.support.played'

local SUCCESS = 'Success!'

-- What has no session, no broker and no dealer to speak to.
local NO_ROLES = '[2,1,{"roles":{}}]'

-- What is refused here, and never sent: the row, the code, its text, the router's WELCOME where it matters, and the
-- operations that set it. Each gets the client and callbacks with `onError`.
local REFUSED = {
    { '§5.2', 1, "Topic URI doesn't meet requirements!", operations = {
        subscribe = function(c, callbacks) c:subscribe('a b', callbacks) end,
        publish = function(c, callbacks) c:publish('a b', nil, callbacks) end,
        call = function(c, callbacks) c:call('a b', nil, callbacks) end,
        register = function(c, callbacks) c:register('a b', callbacks) end,
        unregister = function(c, callbacks) c:unregister('a b', callbacks) end,
    } },
    { '§5.3', 2, "Server doesn't provide broker role!", welcome = NO_ROLES, operations = {
        subscribe = function(c, callbacks) c:subscribe('t', callbacks) end,
        unsubscribe = function(c, callbacks) c:unsubscribe('t', callbacks) end,
        publish = function(c, callbacks) c:publish('t', nil, callbacks) end,
    } },
    { '§5.4', 3, 'No required callback function specified!', operations = {
        subscribe = function(c, callbacks) c:subscribe('t', { onError = callbacks.onError }) end,
        call = function(c, callbacks) c:call('t', nil, { onError = callbacks.onError }) end,
        register = function(c, callbacks) c:register('t', { onError = callbacks.onError }) end,
    } },
    { '§5.5', 4, 'Invalid parameter(s) specified!', operations = {
        publish = function(c, callbacks) c:publish('t', nil, callbacks, { exclude = 'x' }) end,
        call = function(c, callbacks) c:call('t', nil, callbacks, { timeout = 'x' }) end,
        cancel = function(c, callbacks) c:cancel(c.pending, callbacks, { mode = 'x' }) end,
        register = function(c, callbacks) c:register('t', callbacks, { invoke = 'x' }) end,
    } },
    { '§5.8', 7, 'Trying to unsubscribe from non existent subscription!', operations = {
        unsubscribe = function(c, callbacks) c:unsubscribe('t', callbacks) end,
    } },
    { '§5.9', 12, "Server doesn't provide dealer role!", welcome = NO_ROLES, operations = {
        call = function(c, callbacks) c:call('t', nil, callbacks) end,
        cancel = function(c, callbacks) c:cancel(1, callbacks) end,
        register = function(c, callbacks) c:register('t', callbacks) end,
        unregister = function(c, callbacks) c:unregister('t', callbacks) end,
    } },
    { '§5.10', 15, 'RPC already registered!', operations = {
        register = function(c, callbacks) c:register(c.registered, callbacks) end,
    } },
    { '§5.11', 17, 'Received rpc unregistration confirmation for non existent rpc!', operations = {
        unregister = function(c, callbacks) c:unregister('t', callbacks) end,
    } },
    { '§5.13', 20, 'No RPC calls in action with specified request ID!', operations = {
        cancel = function(c, callbacks) c:cancel(99, callbacks) end,
    } },
}

describe('the status', function()
    local p, client, box

    after_each(played.close)

    local function join(options, welcome)
        p = played.joined(options, welcome)
        client, box = p.client, p.box
    end

    -- A call that waits for its answer, and a procedure.
    local function engage()
        client:call('pending', nil, print)
        client.pending = client:getOpStatus().reqId
        p:heard()
        client.registered = 'registered'
        client:register('registered', { rpc = print, onSuccess = box:on 'registered' })
        p:told('registered', ('[65,%s,77]'):format(p:heard():match '^%[64,(%d+),'))
    end

    for _, row in ipairs(REFUSED) do
        local id, code, text = row[1], row[2], row[3]
        it(('%s is %d where nothing is sent: %s'):format(id, code, text), function()
            join(nil, row.welcome)
            if not row.welcome then engage() end
            for name, operation in pairs(row.operations) do
                local inside
                local callbacks = box:callbacks('onSuccess', 'onEvent', 'rpc')
                callbacks.onError = function(...)
                    inside = client:getOpStatus()
                    box:on 'onError' (...)
                end
                operation(client, callbacks)
                assert.same({ code = code, description = text }, client:getOpStatus(), name)
                assert.same(client:getOpStatus(), inside, name)
                assert.equal('onError', box:names(), name)
                assert.same({ error = text }, box:expect 'onError')
                callbacks.onError = nil
                operation(client, callbacks)
                assert.equal(code, client:getOpStatus().code, name)
                assert.equal('', box:names(), name)
            end
            if not row.welcome then p:silent() end
        end)
    end

    it('§5.1 is 0 after every success, with the number of the request: Success!', function()
        join()
        local function is(number)
            assert.same({ code = 0, description = SUCCESS, reqId = number }, client:getOpStatus())
        end
        is(0)
        client:subscribe('t', { onEvent = print, onSuccess = box:on 'done' })
        is(1)
        p:told('done', '[33,1,5]')
        client:unsubscribe 't'
        is(2)
        client:publish 't'
        is(3)
        client:call('t', nil, print)
        is(4)
        client:cancel(4)
        is(4)
        client:register('t', { rpc = print, onSuccess = box:on 'done' })
        is(5)
        p:told('done', '[65,5,6]')
        client:unregister 't'
        is(6)
        client:publish ''
        client:disconnect()
        assert.same({ code = 0, description = SUCCESS }, client:getOpStatus())
    end)

    it('§5.12 is 19 after an INVOCATION of what is not registered, and nobody is called', function()
        join()
        p:say '[68,30,7,{},[1]]'
        client:poll(20)
        assert.same({ code = 19, description = 'Received invocation for non existent rpc!' }, client:getOpStatus())
        p:expect '[8,68,30,{},"wamp.error.no_such_procedure"]'
        assert.equal('', box:names())
    end)

    it('§5.14 is 21 after connect() without a realm, which does nothing else', function()
        local calls = 0
        local function called() calls = calls + 1 end
        local without = loowy.new('ws://127.0.0.1:1/', { onError = called, onClose = called })
        assert.same({ code = 21, description = 'No realm specified!' }, without:getOpStatus())
        without:options { realm = false }
        without:connect()
        assert.equal(21, without:getOpStatus().code)
        ev.Loop.default:loop()
        assert.equal(0, calls)
    end)

    -- Both come after onError was told, and the final close wipes them.
    local function challenged(options, code, text)
        options.maxRetries, options.onError = 0, function(...)
            box:on 'onError' (...)
            box:on 'status' (client:getOpStatus().code)
        end
        box = helper.mailbox()
        p = played.greeted(options, box)
        client = p.client
        p:say '[4,"ticket",{}]'
        assert.same({ error = text }, box:expect 'onError')
        assert.equal(0, box:expect 'status')
        assert.same({ code = code, description = text }, client:getOpStatus())
        assert.matches('^%[3,.*"wamp.error.cannot_authenticate"%]$', p:heard())
        assert.equal(1000, p:heard_close())
        p.peer:close()
        box:expect 'onClose'
        assert.same({ code = 0, description = SUCCESS, reqId = 0 }, client:getOpStatus())
    end

    it('§5.16 is 23 after a CHALLENGE that nobody answers, until the close is final', function()
        challenged({ authid = 'joe' }, 23, 'No onChallenge callback or authid was provided for authentication!')
        challenged({ onChallenge = print }, 23, 'No onChallenge callback or authid was provided for authentication!')
    end)

    it('§5.17 is 24 after an onChallenge that raises, until the close is final', function()
        challenged({ authid = 'joe', onChallenge = error }, 24, 'Exception raised during CRA challenge processing')
    end)

    it('§5.6 is never 5: an unknown serializer offers the known ones', function()
        client = helper.client { transportEncoding = 'ubjson' }
        assert.same({ code = 0, description = SUCCESS, reqId = 0 }, client:getOpStatus())
    end)

    it('§5.7 is never 6: a serializer that was not offered is told to onError', function()
        local listener = played.listen()
        box = helper.mailbox()
        client = helper.client(box:callbacks 'onError')
        client:connect(listener.url)
        local request = listener:request()
        request.peer:agree(request, 'wamp.2.cbor')
        box:expect 'onError'
        assert.equal(0, client:getOpStatus().code)
        request.peer:close()
    end)

    it('§5.15 is never 22: a wrong URL raises an error and leaves the status as it is', function()
        client = helper.client()
        assert.is_false(pcall(client.connect, client, 'no url'))
        assert.same({ code = 0, description = SUCCESS, reqId = 0 }, client:getOpStatus())
    end)

    it('knows no other codes, but 8 for a full queue', function()
        local codes = {}
        for _, kind in pairs(errors) do
            if type(kind) == 'table' then codes[#codes + 1] = kind.code end
        end
        table.sort(codes)
        assert.same({ 0, 1, 2, 3, 4, 7, 8, 12, 15, 17, 19, 20, 21, 23, 24 }, codes)
    end)
end)
