--- Which URIs each method takes, and that they go out as they are.

local played = require 'spec.support.played'
local statuses = require 'spec.support.statuses'

local status, failure = statuses.status, statuses.failure

local METHODS = { 'publish', 'subscribe', 'call', 'register', 'unregister' }
local RESERVED = { publish = true, register = true, unregister = true }

-- The methods that are given a payload before their callbacks.
local WITH_PAYLOAD = { publish = true, call = true }

for _, format in ipairs(played.FORMATS) do
    describe('a URI over ' .. format, function()
        local p, client, box

        before_each(function()
            p = played.joined { transportEncoding = format }
            client, box = p.client, p.box
        end)
        after_each(played.close)

        local function ask(method, uri, callbacks, options)
            if WITH_PAYLOAD[method] then
                client[method](client, uri, nil, callbacks, options)
            else
                client[method](client, uri, callbacks, options)
            end
        end

        -- What goes out for a good URI, from the options on.
        local valid = {}

        function valid.publish(uri)
            client:publish(uri)
            return select(2, p:request(16))
        end

        function valid.subscribe(uri, match)
            client:subscribe(uri, print, match and { match = match })
            return select(2, p:request(32))
        end

        function valid.call(uri)
            client:call(uri, nil, print)
            return select(2, p:request(48))
        end

        function valid.register(uri, match)
            client:register(uri, print, match and { match = match })
            local number, rest = p:request(64)
            p:say(('[8,64,%d,{},"e.u"]'):format(number))
            return rest
        end

        function valid.unregister(uri, match)
            client:register(uri, { rpc = print, onSuccess = box:on 'registered' }, match and { match = match })
            local number, rest = p:request(64)
            p:told('registered', ('[65,%d,77]'):format(number))
            client:unregister(uri, box:on 'unregistered')
            local leaving, id = p:request(66)
            assert.equal('77', id)
            p:told('unregistered', ('[67,%d]'):format(leaving))
            return rest
        end

        local function accepted(method, uri, match)
            local options = match and ('{"match":"%s"}'):format(match) or '{}'
            assert.equal(('%s,"%s"'):format(options, uri), valid[method](uri, match))
            assert.equal(0, p:code())
        end

        local function refused(method, uri, options)
            local callbacks = box:callbacks('onError', 'onSuccess', 'onEvent', 'rpc')
            ask(method, uri, callbacks, options)
            assert.same(status(1), client:getOpStatus())
            assert.same(failure(1), box:expect 'onError')
            ask(method, uri, box:on 'never', options)
            assert.same(status(1), client:getOpStatus())
            assert.equal('', box:names())
        end

        it('§4.1.1 of letters, digits, _ and dots that does not end with one is valid everywhere', function()
            for uri in ('a a.b.c A.B a_b _ 1 a1.2b .a ..a a..b a...b'):gmatch '%S+' do
                for _, method in ipairs(METHODS) do accepted(method, uri) end
                for _, match in ipairs { 'prefix', 'wildcard' } do
                    accepted('subscribe', uri, match)
                    accepted('register', uri, match)
                    accepted('unregister', uri, match)
                end
            end
        end)

        it('§4.1.2 that is empty or ends with a dot is invalid', function()
            for _, method in ipairs(METHODS) do
                for _, uri in ipairs { '', '.', 'a.', 'a..' } do refused(method, uri) end
            end
            for _, method in ipairs { 'subscribe', 'register' } do
                for _, match in ipairs { 'prefix', 'wildcard' } do
                    for _, uri in ipairs { '', '.' } do refused(method, uri, { match = match }) end
                end
            end
            p:silent()
        end)

        it('§4.1.2 Q25 of a pattern may end with a dot', function()
            for _, uri in ipairs { 'a.', 'a..', '..' } do
                for _, match in ipairs { 'prefix', 'wildcard' } do
                    accepted('subscribe', uri, match)
                    accepted('register', uri, match)
                    accepted('unregister', uri, match)
                end
            end
        end)

        it('§4.1.3 with any other character is invalid everywhere', function()
            for _, uri in ipairs { 'a b', ' a', 'a ', 'a#b', 'a/b', 'a:b', 'a.*', 'ä', 'a\255', 'a\nb', 'a\0b', 'a\n',
                'a\0', '\0', '\n' } do
                for _, method in ipairs(METHODS) do refused(method, uri) end
                for _, match in ipairs { 'prefix', 'wildcard' } do
                    refused('subscribe', uri, { match = match })
                    refused('register', uri, { match = match })
                end
            end
            p:silent()
        end)

        it('§4.1.3 Q25 may have a hyphen', function()
            for uri in ('a-b - a- -a a.-b'):gmatch '%S+' do
                for _, method in ipairs(METHODS) do accepted(method, uri) end
            end
        end)

        it('§4.1.4 that only looks like one of the protocol is valid everywhere', function()
            for uri in ('wamp Wamp.a xwamp.a a.wamp.b .wamp.a'):gmatch '%S+' do
                for _, method in ipairs(METHODS) do accepted(method, uri) end
            end
        end)

        it('§4.1.5 of the protocol is for subscribe and call alone', function()
            for _, uri in ipairs { 'wamp.a', 'wamp..x', 'wamp.session.on_join' } do
                for _, method in ipairs(METHODS) do
                    if RESERVED[method] then refused(method, uri) else accepted(method, uri) end
                end
                accepted('subscribe', uri, 'prefix')
                refused('register', uri, { match = 'prefix' })
            end
            p:silent()
        end)

        it('§4.1.5 Q25 that begins like the protocol but without its dot is valid everywhere', function()
            for uri in ('wampa wampum.x wamp_x wamp-x'):gmatch '%S+' do
                for _, method in ipairs(METHODS) do accepted(method, uri) end
            end
        end)

        it('§4.1.6 may be a number, and is sent as a text', function()
            for number, uri in pairs { [5] = '5', [1.5] = '1.5', [-1] = '-1' } do
                for _, method in ipairs(METHODS) do
                    assert.equal(('{},"%s"'):format(uri), valid[method](number))
                end
            end
        end)

        it('§4.1.7 that is no text raises an error at the line of the caller, but for unsubscribe', function()
            client:publish 't'
            p:expect '[16,1,{},"t"]'
            local before = client:getOpStatus()
            for _, method in ipairs(METHODS) do
                for kind, wrong in pairs { ['no value'] = false, table = {}, boolean = true } do
                    local ok, message = pcall(function()
                        ask(method, wrong or nil, box:callbacks('onError', 'onSuccess', 'onEvent', 'rpc'))
                    end)
                    assert.is_false(ok)
                    assert.matches(("wire_uri_spec.lua:%%d+: bad argument #1 to '%s'.*%s"):format(method, kind),
                        message)
                    assert.equal(before, client:getOpStatus())
                end
            end
            for _, any in ipairs { {}, true, '', 'a b' } do
                client:unsubscribe(any, box:callbacks 'onError')
                assert.same(failure(7), box:expect 'onError')
            end
            client:unsubscribe(nil, box:callbacks 'onError')
            assert.same(failure(7), box:expect 'onError')
            assert.equal('', box:names())
            client:publish 't'
            p:expect '[16,2,{},"t"]'
        end)

        it('follows the rules of the specification with uriValidation', function()
            client:options { uriValidation = 'loose' }
            accepted('publish', 'a/b:c')
            refused('publish', 'a b')
            client:options { uriValidation = 'strict' }
            refused('publish', 'A.B')
        end)
    end)
end
