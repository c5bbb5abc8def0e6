-- A fixed session between one client and a router that this program plays itself, on the same thread, for
-- tools/instructions, which runs it under callgrind. Counted is what the client does in `poll`, and in what its
-- callbacks ask of it.
--
--     LUA benches/instructions.lua [SCENARIO...]

local counting = require 'counting'
local loowy = require 'loowy.client'
local wire = require 'spec.support.wire'

local toggle = counting.toggle

-- As in benches/client.lua.
local CALL = { disclose_me = false }
local PUBLISH = { exclude_me = true }
local YIELD = { progress = false }

local client, peer
local socket, descriptor                -- of the peer, and of the client

-- A turn of the client, as its program's loop makes it.
local function turn()
    counting.await(descriptor)
    toggle()
    client:poll(0)
    toggle()
end

-- Says what is next, and gives the client its turns.
local function say_next()
    local more
    repeat
        more = counting.say(socket)
        turn()
    until not more
end

local function say(text)
    counting.keep(text)
    say_next()
end

local function drain()
    counting.drain(socket, 2 ^ 24)
end

-- Takes one large frame, while the client has its turns to write it.
local function take_large_frame()
    local left = counting.frame(socket)
    while left > 0 do
        if counting.await(socket, descriptor) then
            left = left - counting.drain(socket, left)
        else
            turn()
        end
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
    socket, descriptor = peer.socket:getfd(), client:getfd()
    say(wire.frame('text', '[2,100001,{"roles":{"broker":{},"dealer":{}}}]'))
    assert(client:getSessionId() == 100001)
    counting.dismiss_guard()
end

local function failed(failure)
    error(tostring(failure.error), 0)
end

-- Plays rounds of so many messages each, after half as many that are not counted. `said(round)` gives the bytes of a
-- round, `heard()` how much the program has heard, and `take()` takes what the client says.
local function play(name, rounds, each, said, heard, take)
    local warm = math.ceil(rounds / 2)
    for round = 1, warm + rounds do counting.keep(said(round)) end
    for round = 1, warm + rounds do
        if round == warm + 1 then
            collectgarbage()
            collectgarbage()
            counting.dump 'before'
        end
        say_next()
        take()
        if heard() ~= round * each then error(name .. ': not everything was heard') end
    end
    counting.dump(name .. ' ' .. rounds * each)
end

-- Requests, so many on the way: each answer's callback makes the next one.
local function requests(name, rounds, each, ask, answer, take)
    local first, got, ended = client:getOpStatus().reqId + 1, 0, false
    local callbacks = { onError = failed }
    function callbacks.onSuccess()
        got = got + 1
        if not ended then ask(got, callbacks) end
    end
    for i = 1, each do ask(i, callbacks) end
    take()
    local function said(round)
        local from = first + (round - 1) * each
        return frames(from, from + each - 1, answer)
    end
    play(name, rounds, each, said, function() return got end, take)
    ended = true
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
    requests('call_alone', 2000, 1, small_call, result, drain)
end

function scenarios.call()
    requests('call', 64, 64, small_call, result, drain)
end

function scenarios.call_1mb()
    local text = ('0123456789abcdef'):rep(65536)
    local function ask(_, callbacks) client:call('bench.echo', { text }, callbacks, CALL) end
    local function answer(i) return ('[50,%d,{},["%s"]]'):format(i, text) end
    requests('call_1mb', 8, 1, ask, answer, take_large_frame)
end

function scenarios.publish_acknowledged()
    local function ask(i, callbacks) client:publish('bench.topic', { i, 'payload' }, callbacks, PUBLISH) end
    local function answer(i) return ('[17,%d,%d]'):format(i, 1e9 + i) end
    requests('publish_acknowledged', 64, 64, ask, answer, drain)
end

local function subscribed(topic, on_event)
    client:subscribe(topic, { onEvent = on_event, onError = failed }, { match = 'prefix' })
    local number = request(32)
    say(wire.frame('text', ('[33,%d,%d]'):format(number, 7000 + number)))
    return 7000 + number
end

local function events(name, rounds, each, content)
    local got = 0
    local id = subscribed('bench.' .. name, function() got = got + 1 end)
    local function message(i) return ('[36,%d,%d,{"topic":"bench.%s"},%s]'):format(id, 1e9 + i, name, content(i)) end
    local function said(round) return frames((round - 1) * each + 1, round * each, message) end
    play(name, rounds, each, said, function() return got end, drain)
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
    local id = subscribed('bench.publish', function()
        for _ = 1, 64 do
            sent = sent + 1
            client:publish('bench.other', { sent, 'payload' }, nil, PUBLISH)
        end
    end)
    local function said(round) return wire.frame('text', ('[36,%d,%d,{},[1]]'):format(id, round)) end
    play('publish', 64, 64, said, function() return sent end, drain)
end

function scenarios.invocation()
    local got = 0
    local function echo(data)
        got = got + 1
        return { options = YIELD, argsList = data.argsList, argsDict = data.argsDict }
    end
    client:register('bench.procedure', { rpc = echo, onError = failed })
    say(wire.frame('text', ('[65,%d,5001]'):format(request(64))))
    local function message(i) return ('[68,%d,5001,{},%s]'):format(i, small(i)) end
    local function said(round) return frames((round - 1) * 64 + 1, round * 64, message) end
    play('invocation', 64, 64, said, function() return got end, drain)
end

local all = { 'call_alone', 'call', 'invocation', 'publish', 'publish_acknowledged', 'event', 'event_10k', 'call_1mb' }

connect()
for _, name in ipairs(arg[1] and arg or all) do
    scenarios[name]()
end
