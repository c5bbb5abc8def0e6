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
        assert.is_string(loowy._VERSION)
    end)

    it('M02 can be called, which calls the present new', function()
        local new = loowy.new
        local got
        loowy.new = function(...) got = { n = select('#', ...), ... } return 'mocked' end
        local result = loowy('url', 'opts')
        loowy.new = new
        assert.equal('mocked', result)
        assert.same({ n = 2, 'url', 'opts' }, got)
    end)

    it('M04 raises an error for a malformed URL, at the line of the caller', function()
        local ok, message = pcall(function() loowy.new('not-a-url', { realm = 'realm1' }) end)
        assert.is_false(ok)
        assert.matches('client_spec.lua:%d+: Invalid URL:not%-a%-url', message)
    end)

    it('M04 ignores options that are no table', function()
        assert.is_table(loowy.new(nil, 'options'))
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
        for name, value in pairs(client) do assert.is_function(value, name) end
        for name in ('options getOpStatus getSessionId connect disconnect abort subscribe unsubscribe publish call '
            .. 'cancel register unregister'):gmatch '%a+' do
            assert.is_function(client[name], name)
        end
    end)

    it('I01 I02 methods without arguments work with a dot', function()
        local client = loowy.new(nil, { realm = 'realm1' })
        assert.equal('realm1', client.options().realm)
        assert.equal(0, client.getOpStatus().code)
        assert.is_nil(client.getSessionId())
        client.options { realm = 'other' }
        assert.equal('realm1', client.options().realm)
        client.disconnect()
        client.abort()
    end)

    it('I03 methods return nothing', function()
        local client = loowy.new()
        assert.equal(0, select('#', client:publish('a.b')))
        assert.equal(0, select('#', client:subscribe('a.b', print)))
        assert.equal(0, select('#', client:call('a.b', nil, print)))
        assert.equal(0, select('#', client:register('a.b', print)))
        assert.equal(0, select('#', client:disconnect()))
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
