-- A fixed session between one client and a router that this program plays itself, on the same thread; for tools/instructions,
-- which runs it under callgrind. Counted is what the client does, from within the functions that a program calls.
--
--     LUA benches/instructions.lua [SCENARIO...]

local bytes = require 'spec.support.bytes'
local counting = require 'counting'
local loowy = require 'loowy.client'
local socket = require 'socket'
local wire = require 'spec.support.wire'

local toggle = counting.toggle

-- As in benches/client.lua.
local CALL = { disclose_me = false }
local PUBLISH = { exclude_me = true }
local YIELD = { progress = false }

-- A packet on the loopback device takes so much: what is said at once is there at once.
local PIECE = 60000

local client, peer
local readable                          -- the client's descriptor, for select

local function await()
    local ready = socket.select({ readable }, nil, 20)
    assert(ready[1], 'the client has nothing to do')
end

-- A turn of the client, as its program's loop makes it.
local function turn()
    await()
    toggle()
    client:poll(0)
    toggle()
end

-- Says those bytes and gives the client its turns.
local function say(text)
    for from = 1, #text, PIECE do
        peer:raw(text:sub(from, from + PIECE - 1))
        turn()
    end
end

-- Takes what the client has said, up to so many bytes; returns how many there were.
local function drain(most)
    peer.socket:settimeout(0)
    local all, _, part = peer.socket:receive(most)
    peer.socket:settimeout(20)
    return #(all or part)
end

-- Takes one frame of the client, however large, while the client has its turns to write it.
local function take_frame()
    local _, second = peer:take(2):byte(1, 2)
    assert(second % 128 == 127, 'not as large as it should be')
    local left = bytes.counted(peer:take(8)) + 4
    while left > 0 do
        local taken = drain(left)
        left = left - taken
        if left > 0 and taken == 0 then turn() end
    end
end

-- The number of the client's next message, which is of that type.
local function request(kind)
    local message = peer:receive()
    return tonumber(message:match(('^%%[%d,(%%d+),'):format(kind)) or error('heard ' .. message))
end

-- The frames of the messages that `message(i)` gives for those numbers.
local function frames(first, last, message)
    local result = {}
    for i = first, last do result[#result + 1] = wire.frame('text', message(i)) end
    return table.concat(result)
end

local function connect()
    local listener = wire.listen()
    client = loowy.new(listener.url, { realm = 'realm1', transportEncoding = 'json', pingInterval = 0 })
    peer = listener:accept 'wamp.2.json'
    assert(peer:receive():match '^%[1,"realm1",')
    local descriptor = client:getfd()
    readable = { getfd = function() return descriptor end, dirty = function() return false end }
    say(wire.frame('text', '[2,100001,{"roles":{"broker":{},"dealer":{}}}]'))
    assert(client:getSessionId() == 100001)
    counting.dismiss_guard()
end

local function failed(failure)
    error(tostring(failure.error), 0)
end

-- Plays rounds of so many messages each, first without counting. `said(round)` gives a round's bytes, `done()` how often
-- the program has heard of something so far.
local function play(name, rounds, each, said, done, take)
    local warm = math.ceil(rounds / 2)
    for round = 1, warm + rounds do
        if round == warm + 1 then
            collectgarbage()
            collectgarbage()
            counting.dump 'before'
        end
        say(said(round))
        if take then take() else drain(2 ^ 20) end
        assert(done() == round * each, name .. ': not everything came')
    end
    counting.dump(name .. ' ' .. rounds * each)
end

-- Requests, so many on the way: each answer's callback makes the next one.
local function requests(name, rounds, each, kind, ask, answer, take)
    local got, ended = 0, false
    local callbacks = { onError = failed }
    function callbacks.onSuccess()
        got = got + 1
        if not ended then ask(got, callbacks) end
    end
    for i = 1, each do ask(i, callbacks) end
    local first = kind and request(kind)
    if take then
        take()
        first = 1
    end
    drain(2 ^ 20)
    local function said(round)
        local from = first + (round - 1) * each
        return frames(from, from + each - 1, answer)
    end
    play(name, rounds, each, said, function() return got end, take)
    ended = true
    client:getOpStatus()
    local last = client:getOpStatus().reqId
    say(frames(last - each + 1, last, answer))
end

local function result(i)
    return ('[50,%d,{},[%d,"payload"]]'):format(i, i)
end

local function small_call(i, callbacks)
    client:call('bench.echo', { i, 'payload' }, callbacks, CALL)
end

local scenarios = {}

function scenarios.call_alone()
    requests('call_alone', 2000, 1, 48, small_call, result)
end

function scenarios.call()
    requests('call', 64, 64, 48, small_call, result)
end

function scenarios.call_1mb()
    local text = ('0123456789abcdef'):rep(65536)
    local function ask(_, callbacks) client:call('bench.echo', { text }, callbacks, CALL) end
    local before = client:getOpStatus().reqId
    local function answer(i) return ('[50,%d,{},["%s"]]'):format(before + i, text) end
    requests('call_1mb', 8, 1, nil, ask, answer, take_frame)
end

function scenarios.publish_acknowledged()
    local function ask(i, callbacks) client:publish('bench.topic', { i, 'payload' }, callbacks, PUBLISH) end
    requests('publish_acknowledged', 64, 64, 16, ask, function(i) return ('[17,%d,%d]'):format(i, 1e9 + i) end)
end

local function subscribed(topic, on_event)
    client:subscribe(topic, { onEvent = on_event, onError = failed }, { match = 'prefix' })
    local number = request(32)
    say(wire.frame('text', ('[33,%d,%d]'):format(number, 7000 + number)))
    return 7000 + number
end

local function events(name, rounds, each, content, on_event)
    local got = 0
    local function heard(event)
        got = got + 1
        return on_event and on_event(event)
    end
    local id = subscribed('bench.' .. name, heard)
    local function message(i) return ('[36,%d,%d,{"topic":"bench.%s"},%s]'):format(id, 1e9 + i, name, content(i)) end
    local function said(round) return frames((round - 1) * each + 1, round * each, message) end
    play(name, rounds, each, said, function() return got end)
end

local function small(i)
    return ('[%d,"payload"]'):format(i)
end

function scenarios.event()
    events('event', 64, 64, small)
end

-- The nested table of 10 kB that benches/client.lua sends.
local function big()
    local rows = {}
    for i = 1, 64 do
        rows[i] = ('{"id":%d,"name":"item number %d","ok":%s,"price":%s,"tags":["alpha","beta","gamma"],'
            .. '"pos":{"x":%d,"y":%d,"note":"%s"}}'):format(i, i, i % 2 == 0, i * 1.25, i * 3, -i, ('n'):rep(40))
    end
    return table.concat(rows, ',')
end

function scenarios.event_10k()
    local rows = big()
    events('event_10k', 40, 4, function(i) return ('[%d,[%s]]'):format(i, rows) end)
end

-- An event whose callback publishes: what it says is written when its turn ends.
function scenarios.publish()
    local sent = 0
    local function heard()
        for _ = 1, 64 do
            sent = sent + 1
            client:publish('bench.other', { sent, 'payload' }, nil, PUBLISH)
        end
    end
    local id = subscribed('bench.publish', heard)
    local function said(round) return wire.frame('text', ('[36,%d,%d,{},[1]]'):format(id, round)) end
    play('publish', 64, 64, said, function() return sent end)
end

function scenarios.invocation()
    local got = 0
    client:register('bench.procedure', {
        rpc = function(data)
            got = got + 1
            return { options = YIELD, argsList = data.argsList, argsDict = data.argsDict }
        end,
        onError = failed,
    })
    say(wire.frame('text', ('[65,%d,5001]'):format(request(64))))
    local function message(i) return ('[68,%d,5001,{},%s]'):format(i, small(i)) end
    local function said(round) return frames((round - 1) * 64 + 1, round * 64, message) end
    play('invocation', 64, 64, said, function() return got end)
end

connect()
local all = { 'call_alone', 'call', 'invocation', 'publish', 'publish_acknowledged', 'event', 'event_10k', 'call_1mb' }
for _, name in ipairs(arg[1] and arg or all) do
    scenarios[name]()
end
