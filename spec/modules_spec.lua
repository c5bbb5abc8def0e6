--- What Loowy loads and leaves alone: the modules of its own, and those of other people that programs use beside it.

local ev = require 'ev'
local helper = require 'spec.helper'
local json = require 'loowy.json_serializer'
local msgpack = require 'loowy.msgpack_serializer'

-- What Loowy 0.4.1 took from other people, and what those brought with them.
local FOREIGN = { 'MessagePack', 'websocket', 'websocket.client', 'websocket.server', 'websocket.sync',
    'websocket.frame', 'websocket.handshake', 'websocket.tools', 'websocket.bit', 'websocket.ev_common', 'socket',
    'socket.http', 'socket.url', 'mime', 'ltn12', 'copas', 'ssl', 'busted', 'resty.hmac' }

-- Runs a program that has a function `new(table)`: the names that are in the table and were not there before.
-- Returns what it printed.
local function run(program, ...)
    return (helper.run_program([[
        local known = {}
        local function new(t)
            local names = {}
            for name in pairs(t) do
                known[t] = known[t] or {}
                if not known[t][name] then names[#names + 1] = tostring(name) end
                known[t][name] = true
            end
            table.sort(names)
            return table.concat(names, ' ')
        end
        new(package.loaded)
        new(_G)
    ]] .. program:format(...)))
end

-- A session from the first line to the last, with an event of its own: what the programs below do.
local SESSION = [[
    local function session(url, encoding)
        local loowy, ev = require 'loowy.client', require 'ev'
        local client
        client = loowy.new(url, { realm = 'realm1', transportEncoding = encoding, onConnect = function()
            client:subscribe('a.b', { onEvent = function(event)
                print(event.argsList[1])
                client:disconnect()
            end, onSuccess = function() client:publish('a.b', { 'heard' }, {}, { exclude_me = false }) end })
        end })
        ev.Loop.default:loop()
    end
]]

local function sorted_keys(t)
    local keys = {}
    for key in pairs(t) do keys[#keys + 1] = key end
    table.sort(keys)
    return keys
end

describe('the modules', function()
    after_each(helper.close)

    it('M05 loading the client loads what is Loowy\'s, and new() the loop, unless it is given one', function()
        local output = run [[
            local loowy = require 'loowy.client'
            for name in new(package.loaded):gmatch '%%S+' do
                if not name:match '^loowy[._]' then print('loaded', name) end
            end
            loowy.new(nil, { eventLoop = require('loowy.ev').Loop.new() })
            print('ev with a loop', package.loaded.ev)
            loowy.new()
            print('ev without', package.loaded.ev ~= nil)]]
        assert.equal('ev with a loop\tnil\nev without\ttrue\n', output)
    end)

    it('M05 §11.3 §11.4 §11.5 §11.6 §11.7 §A.16 §A.19 a session needs and loads nothing of other people', function()
        local missing = {}
        for i, name in ipairs(FOREIGN) do missing[i] = ('%q'):format(name) end
        for _, encoding in ipairs { 'json', 'msgpack', 'cbor' } do
            local output = run(SESSION .. [[
                for _, name in ipairs { %s } do
                    package.preload[name] = function() error(name .. ' was asked for') end
                end
                session(%q, %q)
                for name in new(package.loaded):gmatch '%%S+' do
                    if name ~= 'ev' and name ~= 'rapidjson' and not name:match '^loowy[._]' then
                        print('loaded', name)
                    end
                end]], table.concat(missing, ', '), helper.router():url(), encoding)
            assert.equal('heard\n', output)
        end
    end)

    it('M06 a session seeds no random numbers and makes no globals but ev, and that on Lua 5.1 and LuaJIT', function()
        local output = run(SESSION .. [[
            local seeds, randomseed = 0, math.randomseed
            math.randomseed = function(...) seeds = seeds + 1 return randomseed(...) end
            session(%q, 'json')
            print('seeds', seeds)
            print('globals', new(_G))]], helper.router():url())
        assert.equal(('heard\nseeds\t0\nglobals\t%s\n'):format(_VERSION == 'Lua 5.1' and 'ev' or ''), output)
    end)

    it('§1.3.1 loowy.json_serializer has a protocol, encode and decode, which return one value', function()
        assert.same({ 'decode', 'encode', 'protocol' }, sorted_keys(json))
        assert.equal('json', json.protocol)
        assert.equal(1, select('#', json.encode { 1 }))
        assert.equal('[1]', json.encode { 1 })
        assert.equal(1, select('#', json.decode '[1]'))
        assert.same({ 1 }, json.decode '[1]')
        local value, message = json.decode '[1'
        assert.is_nil(value)
        assert.is_string(message)
    end)

    it('§1.3.2 loowy.msgpack_serializer has a protocol, encode and decode, which return one value', function()
        assert.same({ 'decode', 'encode', 'protocol' }, sorted_keys(msgpack))
        assert.equal('msgpack', msgpack.protocol)
        assert.equal(1, select('#', msgpack.encode { 1 }))
        assert.equal('\145\1', msgpack.encode { 1 })
        assert.equal(1, select('#', msgpack.decode '\145\1'))
        assert.same({ 1 }, msgpack.decode '\145\1')
    end)

    it('§1.3.2 §11.3 the packers of a program\'s MessagePack stay as they are', function()
        local output = run(SESSION .. [[
            local function array() end
            local function map() end
            local MessagePack = { packers = { array = array, map = map } }
            package.loaded.MessagePack = MessagePack
            require 'loowy.msgpack_serializer'
            session(%q, 'msgpack')
            print(MessagePack.packers.array == array, MessagePack.packers.map == map)]], helper.router():url())
        assert.equal('heard\ntrue\ttrue\n', output)
    end)
end)

describe('modules of other people', function()
    after_each(helper.close)

    it('§11.1 ev: the program\'s watchers and several clients share a loop, its own or the default one', function()
        local url = helper.router():url()
        for _, own in ipairs { false, true } do
            local loop = own and ev.Loop.new() or nil
            local ticks, rounds, joined = 0, 0, 0
            local on = loop or ev.Loop.default
            local idle = ev.Idle.new(function() rounds = rounds + 1 end)
            local timer = ev.Timer.new(function() ticks = ticks + 1 end, 0.001, 0.001)
            idle:start(on)
            timer:start(on)
            for _ = 1, 2 do
                helper.client { eventLoop = loop, onConnect = function()
                    joined = joined + 1
                    if joined == 2 then ev.Timer.new(function(self) self:unloop() end, 0.02):start(on) end
                end }:connect(url)
            end
            on:loop()
            idle:stop(on)
            timer:stop(on)
            assert.equal(2, joined)
            assert.is_true(ticks > 1 and rounds > 1)
        end
    end)

    it('§11.1 ev: a loop of loowy.ev serves a client whatever `ev` is', function()
        local loop = require('loowy.ev').Loop.new()
        local client, joined
        client = helper.client { eventLoop = loop, onConnect = function()
            joined = true
            client:disconnect()
        end }
        client:connect(helper.router():url())
        loop:loop()
        assert.is_true(joined)
    end)

    -- Where a module is: the file, or nil.
    local function file_of(name, path)
        for template in path:gmatch '[^;]+' do
            local candidate = template:gsub('%?', (name:gsub('%.', '/')))
            local file = io.open(candidate)
            if file then
                file:close()
                return candidate
            end
        end
    end

    it('§11.2 §11.3 §11.4 §11.5 §11.6 §11.7 §11.8 §11.9 are not shadowed: none of ours has their names', function()
        local ours = assert(file_of('loowy.client', package.path)):gsub('loowy/client%.lua$', '')
        local native = assert(file_of('loowy_core', package.cpath)):gsub('loowy_core%.so$', '')
        for _, name in ipairs { 'rapidjson', 'cjson', (table.unpack or unpack)(FOREIGN) } do -- luacheck: ignore 143
            assert.is_nil(file_of(name, ours .. '?.lua;' .. ours .. '?/init.lua'), name)
            assert.is_nil(file_of(name, native .. '?.so'), name)
        end
        assert.is_string(file_of('loowy.vardump', ours .. '?.lua'))
    end)

    it('§11.6 socket, mime and ltn12 are LuaSocket\'s, and work in the loop of a session', function()
        local socket, mime, ltn12 = require 'socket', require 'mime', require 'ltn12'
        local box = helper.mailbox()
        local client = helper.joined(helper.router():url())
        helper.subscribed(client, 'from.socket', box:on 'onEvent')

        local listener = assert(socket.bind('127.0.0.1', 0))
        local host, port = listener:getsockname()
        local there = assert(socket.connect(host, port))
        local here = assert(listener:accept())
        local io = ev.IO.new(function(loop, self)
            self:stop(loop)
            client:publish('from.socket', { assert(here:receive '*l') }, nil, { exclude_me = false })
        end, here:getfd(), ev.READ)
        io:start(ev.Loop.default)

        assert(ltn12.pump.all(ltn12.source.string(mime.b64 'a line' .. '\n'), socket.sink('close-when-done', there)))
        local event = box:expect 'onEvent'
        assert.equal('a line', (mime.unb64(event.argsList[1])))
        here:close()
        listener:close()
    end)

    it('§11.8 busted runs the spec that Loowy 0.4.1 ships', function()
        local path = os.tmpname()
        os.remove(path)
        path = path .. '_spec.lua'
        local file = assert(io.open(path, 'w'))
        file:write [[
            describe('Loowy', function()
                local ev = require 'ev'
                local loowy = require 'loowy.client'
                it('checks that the module is there', function()
                    assert.is_truthy(ev)
                    assert.is_table(loowy)
                    assert.is_function(loowy.new)
                end)
            end)]]
        file:close()
        local pipe = io.popen(('%s tools/busted.lua %s 2>&1'):format(helper.interpreter(), path))
        local output = pipe:read '*a'
        pipe:close()
        os.remove(path)
        assert.matches('1 success / 0 failures / 0 errors', output)
    end)

    it('§11.9 resty.hmac is not needed: WAMP-CRA signatures come with Loowy', function()
        local sign = require('loowy_core').wampcra_sign
        assert.equal('97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=',
            sign('key', { challenge = 'The quick brown fox jumps over the lazy dog' }))
        assert.is_nil(package.loaded['resty.hmac'])
    end)
end)
