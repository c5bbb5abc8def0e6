local helper = require 'spec.helper'
local loowy = require 'loowy.client'

describe('loowy.client', function()
    after_each(helper.close)

    it('M01 is a table of new and _VERSION', function()
        local keys = {}
        for k in pairs(loowy) do keys[#keys + 1] = k end
        table.sort(keys)
        assert.same({ '_VERSION', 'new' }, keys)
        assert.is_function(loowy.new)
        assert.matches('^%d+%.%d+%.%d+$', loowy._VERSION)
    end)

    it('M02 can be called, which calls the present new', function()
        local new = loowy.new
        local got
        loowy.new = function(...) got = { n = select('#', ...), ... } return 'mocked' end
        local result = loowy('url', 'opts')
        loowy.new = new
        assert.equal('mocked', result)
        assert.same({ n = 2, 'url', 'opts' }, got)
        local keys = {}
        for k in pairs(getmetatable(loowy)) do keys[#keys + 1] = k end
        assert.same({ '__call' }, keys)
        assert.equal('realm1', loowy(nil, { realm = 'realm1' }):options().realm)
    end)

    it('M03 new takes nothing, options, or a URL and options', function()
        assert.same(loowy.new():options(), loowy.new(nil, {}):options())
        local client = loowy.new('ws://127.0.0.1:1/')
        assert.equal(21, client:getOpStatus().code)
    end)

    it('M04 raises an error for a malformed URL, at the line of the caller', function()
        local ok, message = pcall(function() loowy.new('not-a-url', { realm = 'realm1' }) end)
        assert.is_false(ok)
        assert.matches('client_spec.lua:%d+: Invalid URL:not%-a%-url', message)
    end)

    it('M04 ignores options that are no table', function()
        for _, options in ipairs { 'options', 5, true, print } do
            assert.equal('json', loowy.new(nil, options):options().transportEncoding)
        end
    end)

    it('M04 raises an error for a transportEncoding that is a table or a boolean', function()
        for _, value in ipairs { {}, true } do
            local ok, message = pcall(loowy.new, nil, { transportEncoding = value })
            assert.is_false(ok)
            assert.matches('transportEncoding', message)
        end
    end)

    it('M07 instances are plain tables of functions', function()
        local client = loowy.new()
        assert.is_nil(getmetatable(client))
        local names = {}
        for name, value in pairs(client) do
            names[name] = true
            assert.is_function(value, name)
        end
        local expected = {}
        for name in ('options getOpStatus getSessionId connect disconnect abort subscribe unsubscribe publish call '
            .. 'cancel register unregister poll getfd'):gmatch '%a+' do
            expected[name] = true
        end
        assert.same(expected, names)
    end)

    it('I01 I02 methods without arguments work with a dot', function()
        local client = loowy.new(nil, { realm = 'realm1' })
        assert.equal('realm1', client.options().realm)
        assert.equal(0, client.getOpStatus().code)
        assert.is_nil(client.getSessionId())
        assert.equal(client.options(), client.options { realm = 'other' })
        assert.equal('realm1', client.options().realm)
        client.disconnect()
        client.abort()
    end)

    it('I01 nothing depends on what a method is called on', function()
        local client = loowy.new(nil, { realm = 'realm1' })
        client.options(nil, { realm = 'other' })
        assert.equal('other', client.options({}).realm)
        client.publish('anything', 'x.')
        assert.equal(1, client.getOpStatus(5).code)
    end)

    it('I03 methods return nothing', function()
        local client = helper.client()
        local function nothing(method, ...)
            assert.equal(0, select('#', client[method](client, ...)), method)
        end
        nothing('options', { foo = 1 })
        nothing('connect', 'ws://127.0.0.1:1/')
        nothing('publish', 'a.b')
        nothing('publish', 'x.')
        nothing('subscribe', 'a.b', print)
        nothing('unsubscribe', 'a.b', print)
        nothing('call', 'a.b', nil, print)
        nothing('cancel', client:getOpStatus().reqId, print)
        nothing('register', 'a.b', print)
        nothing('unregister', 'a.b', print)
        nothing 'disconnect'
        nothing 'abort'
        assert.equal(1, select('#', client:options()))
        assert.equal(1, select('#', client:getOpStatus()))
        assert.equal(1, select('#', client:getSessionId()))
    end)

    it('S01 the status is a fresh success at first', function()
        assert.same({ code = 0, description = 'Success!', reqId = 0 }, loowy.new():getOpStatus())
    end)

    describe('options', function()
        it('O01 returns the live table, always the same', function()
            local given = { realm = 'realm1' }
            local client = loowy.new(nil, given)
            assert.equal(client:options(), client:options(nil))
            assert.not_equal(given, client:options())
        end)

        it('O02 has the documented defaults', function()
            assert.same({
                debug = false, autoReconnect = true, reconnectInterval = 2, maxRetries = 25,
                transportEncoding = 'json', authmethods = {},
            }, loowy.new():options())
        end)

        it('O03 keeps unknown keys', function()
            assert.equal('bar', loowy.new(nil, { foo = 'bar' }):options().foo)
        end)

        it('O04 O05 Q39 merges dictionaries and replaces lists', function()
            local mine = { a = 1, nested = { x = 1 } }
            local client = loowy.new(nil, { helloCustomDetails = mine, authmethods = { 'a', 'b' } })
            assert.equal(0, select('#', client:options { helloCustomDetails = { b = 2, nested = { y = 2 } },
                authmethods = { 'c' } }))
            assert.same({ a = 1, b = 2, nested = { x = 1, y = 2 } }, client:options().helloCustomDetails)
            assert.same({ 'c' }, client:options().authmethods)
            assert.same({ a = 1, nested = { x = 1 } }, mine)
        end)

        it('O07 ignores what is no table', function()
            local client = loowy.new()
            client:options('realm')
            client:options(5)
            client:options(false)
            assert.equal(2, client:options().reconnectInterval)
        end)

        it('O05 Q39 an empty table empties a list, and changes no dictionary', function()
            local client = loowy.new(nil, { helloCustomDetails = { a = 1 }, authmethods = { 'a' } })
            client:options { helloCustomDetails = {}, authmethods = {} }
            assert.same({ a = 1 }, client:options().helloCustomDetails)
            assert.same({}, client:options().authmethods)
        end)

        it('O04 merges tables that contain themselves, and tables however deep', function()
            local cycle, deep = { a = { b = 1 } }, {}
            cycle.a.c = cycle
            for _ = 1, 100000 do deep = { a = deep } end
            local client = loowy.new(nil, { foo = cycle, bar = deep })
            client:options { foo = cycle, bar = deep }
            client:options { foo = { a = { c = { a = { d = 2 } } } } }
            local foo = client:options().foo
            assert.equal(1, foo.a.c.a.b)
            assert.equal(2, foo.a.c.a.d)
            assert.equal(cycle, cycle.a.c)
            assert.is_nil(cycle.a.d)
            local ok, message = pcall(function() client:options { helloCustomDetails = cycle } end)
            assert.is_false(ok)
            assert.matches('client_spec.lua:%d+: helloCustomDetails.*cycle', message)
        end)

        it('O08 of options of which one is wrong none counts', function()
            local client = loowy.new(nil, { maxRetries = 7 })
            assert.is_false(pcall(client.options, client, { maxRetries = 8, reconnectInterval = {}, foo = 1 }))
            assert.same({ 7, 2 }, { client:options().maxRetries, client:options().reconnectInterval })
            assert.is_nil(client:options().foo)
            client:options { maxRetries = 9 }
            assert.equal(9, client:options().maxRetries)
        end)

        it('names authmethods that are no names', function()
            for _, value in ipairs { 'ticket', { print } } do
                local ok, message = pcall(function() loowy.new(nil, { authid = 'joe', authmethods = value }) end)
                assert.is_false(ok)
                assert.matches("client_spec.lua:%d+: option 'authmethods'", message)
            end
        end)

        it('names what cannot be sent in helloCustomDetails', function()
            local ok, message = pcall(function() loowy.new(nil, { helloCustomDetails = { a = { print } } }) end)
            assert.is_false(ok)
            assert.matches('client_spec.lua:%d+: helloCustomDetails.a%[1%]: function', message)
        end)

        it('names a rule of URIs that there is not', function()
            local ok, message = pcall(function() loowy.new(nil, { uriValidation = 'lose' }) end)
            assert.is_false(ok)
            assert.matches("client_spec.lua:%d+: option 'uriValidation': .*lose", message)
            assert.is_true(pcall(loowy.new, nil, { uriValidation = 'loowy' }))
        end)

        it('I06 names an eventLoop that is none, at the line of the caller', function()
            local ok, message = pcall(function() loowy.new(nil, { eventLoop = 5 }) end)
            assert.is_false(ok)
            assert.matches('client_spec.lua:%d+: .*eventLoop', message)
        end)

        it('names an authid that is no string', function()
            local ok, message = pcall(loowy.new, nil, { authid = {} })
            assert.is_false(ok)
            assert.matches('authid', message)
        end)

        it('names an option of the wrong type, at the line of the caller', function()
            local ok, message = pcall(function() loowy.new(nil, { reconnectInterval = 'soon' }) end)
            assert.is_false(ok)
            assert.matches('client_spec.lua:%d+: .*reconnectInterval', message)
        end)
    end)
end)
