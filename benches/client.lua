-- Measures the client: caller and callee, publisher and subscriber are two sessions in this process.
--
--     LUA benches/client.lua URL [REALM [json|msgpack [SCENARIO,...|all [SCALE]]]]
--
-- scenarios   rpc_seq    calls, one after the other          pub_noack  events, 256 on the way
--             rpc_pipe   calls, 64 on the way                pub_ack    the same, acknowledged
--             rpc_1mb    calls with 1 MB both ways           event_10k  events with a nested table of 10 kB
--             rpc_burst  calls handed over at once (not in `all`)       connect    200 clients join
-- SCALE       1; a fraction for a quick look
-- environment BENCH_ROUTER_PIDS, the router's processes, whose CPU time is then told; BENCH_TIMEOUT in seconds (240)

package.path = arg[0]:gsub('[^/]*$', '') .. '?.lua;' .. package.path

local ev = require 'ev'
local loowy = require 'loowy.client'
local meter = require 'meter'

local url = arg[1] or 'ws://127.0.0.1:8080/ws'
local realm = arg[2] or 'realm1'
local encoding = arg[3] or 'json'
local wanted = arg[4] or 'all'
local scale = tonumber(arg[5] or 1)
local loop = ev.Loop.default
local unique = ('%d_%s'):format(os.time() % 1e5, tostring({}):match('%x+$'))

io.stdout:setvbuf('line')

local caller, callee                    -- and publisher, subscriber

-- Options that say what holds anyway: an empty dictionary would be cheaper for some clients than for others.
local CALL = { disclose_me = false }
local PUBLISH = { exclude_me = true }
local YIELD = { progress = false }

local function fail(what)
    return function(failure)
        local first = failure.argsList and failure.argsList[1]
        print(('# FAILED %s: %s %s'):format(what, tostring(failure.error), tostring(first or '')))
        os.exit(3)
    end
end

local function scaled(n)
    return math.max(1, math.floor(n * scale))
end

local function join(what, onConnect)
    local client
    client = loowy.new(url, {
        realm = realm,
        transportEncoding = encoding,
        autoReconnect = false,
        maxRetries = 0,
        onConnect = function() onConnect(client) end,
        onClose = function() fail(what) { error = 'connection closed' } end,
        onError = fail(what),
    })
    return client
end

-- Registers an echo, then runs `ready(procedure)`.
local function with_echo(name, ready)
    local procedure = 'bench.' .. name .. '_' .. unique
    callee:register(procedure, {
        rpc = function(data) return { options = YIELD, argsList = data.argsList, argsDict = data.argsDict } end,
        onSuccess = function() ready(procedure) end,
        onError = fail(name),
    }, { invoke = 'single' })
end

-- Makes `total` calls with at most `window` unanswered. `spec.payload(i)` is what the i-th carries,
-- `spec.check(i, list)` looks at an answer, `spec.handed_over(seconds)` hears when the first window was sent.
-- `done(wall, times)` gets the wall time and, where the calls are made one by one, each round trip.
local function calls(name, total, window, spec, done)
    with_echo(name, function(procedure)
        local sent, got, times, since, sent_at = 0, 0, {}, nil, nil
        local callbacks = { onError = fail(name) }

        local function fill()
            while sent < total and sent - got < window do
                sent = sent + 1
                if window == 1 then sent_at = meter.now() end
                caller:call(procedure, spec.payload(sent), callbacks, CALL)
            end
        end

        function callbacks.onSuccess(list)
            got = got + 1
            if window == 1 then times[got] = meter.now() - sent_at end
            if spec.check and not spec.check(got, list) then fail(name) { error = 'wrong result' } end
            if got == total then return done(meter.finish(since, name, total, 4 * total), times) end
            fill()
        end

        since = meter.start()
        fill()
        if spec.handed_over then spec.handed_over(meter.now() - since.wall) end
    end)
end

-- Publishes `total` events with at most `window` not yet seen by the subscriber (nor acknowledged).
local function events(name, total, window, payload, acknowledged, done)
    local topic = 'bench.' .. name .. '_' .. unique
    local sent, got, acks, since = 0, 0, acknowledged and 0 or math.huge, nil
    local callbacks = acknowledged and { onError = fail(name) } or nil

    local function fill()
        while sent < total and sent - got < window and sent - acks < window do
            sent = sent + 1
            caller:publish(topic, payload(sent), callbacks, PUBLISH)
        end
    end

    local function step()
        if got < total or acks < total then return fill() end
        done(meter.finish(since, name, total, (acknowledged and 3 or 2) * total))
    end

    if acknowledged then
        callbacks.onSuccess = function() acks = acks + 1 step() end
    end
    callee:subscribe(topic, {
        onEvent = function(event)
            got = got + 1
            if got % 1000 == 1 and event.argsList[1] ~= got then fail(name) { error = 'event out of order' } end
            step()
        end,
        onSuccess = function() since = meter.start() fill() end,
        onError = fail(name),
    }, { match = 'prefix' })
end

local function small(i)
    return { i, 'payload' }
end

-- A table that is 10 kB of JSON.
local function big_table()
    local rows = {}
    for i = 1, 64 do
        rows[i] = {
            id = i, name = 'item number ' .. i, ok = i % 2 == 0, price = i * 1.25,
            tags = { 'alpha', 'beta', 'gamma' },
            pos = { x = i * 3, y = -i, note = ('n'):rep(40) },
        }
    end
    return rows
end

local scenarios = {}

function scenarios.rpc_seq(done)
    local spec = { payload = function(i) return { i } end, check = function(i, list) return list[1] == i end }
    calls('rpc_seq', scaled(2000), 1, spec, function(_, times)
        meter.round_trips('rpc_seq', times)
        done()
    end)
end

function scenarios.rpc_pipe(done)
    calls('rpc_pipe', scaled(20000), 64, { payload = small }, done)
end

function scenarios.pub_noack(done)
    events('pub_noack', scaled(50000), 256, small, false, done)
end

function scenarios.pub_ack(done)
    events('pub_ack', scaled(50000), 256, small, true, done)
end

function scenarios.event_10k(done)
    local total, rows = scaled(3000), big_table()
    events('event_10k', total, 32, function(i) return { i, rows } end, false, function(wall)
        meter.print('event_10k_payload_rate', 10e3 * total / wall / 1e6, 'MB/s')
        done()
    end)
end

function scenarios.rpc_1mb(done)
    local total, text = scaled(30), ('0123456789abcdef'):rep(65536)
    local spec = { payload = function() return { text } end, check = function(_, list) return #list[1] == #text end }
    calls('rpc_1mb', total, 1, spec, function(wall)
        meter.print('rpc_1mb_time', wall / total * 1e3, 'ms')
        done()
    end)
end

function scenarios.rpc_burst(done)
    local total, text = scaled(4000), ('b'):rep(2000)
    local spec = { payload = function(i) return { i, text } end }
    function spec.handed_over(seconds) meter.print('rpc_burst_enqueue', seconds, 's') end
    calls('rpc_burst', total, total, spec, done)
end

function scenarios.connect(done)
    local total, joined, clients = scaled(200), 0, {}
    local since = meter.start()
    local before = meter.rss()
    for i = 1, total do
        clients[i] = join('connect', function()
            joined = joined + 1
            if joined < total then return end
            meter.finish(since, 'connect', total, 2 * total)
            collectgarbage()
            collectgarbage()
            meter.print('connect_rss_per_client', (meter.rss() - before) / total, 'kB')
            meter.print('connect_lua_heap_after', collectgarbage('count'), 'kB')
            done(clients)
        end)
    end
end

local ALL = 'rpc_seq,rpc_pipe,pub_noack,pub_ack,event_10k,rpc_1mb,connect'
local todo, kept = {}, {}
for name in (wanted == 'all' and ALL or wanted):gmatch('[%w_]+') do
    todo[#todo + 1] = scenarios[name] or error('no scenario ' .. name)
end

-- Each scenario begins in a turn of the loop of its own; `keep` lives until the end.
local function next_scenario(keep)
    kept[#kept + 1] = keep
    local scenario = table.remove(todo, 1)
    if not scenario then
        print('# done')
        os.exit(0)
    end
    ev.Timer.new(function() scenario(next_scenario) end, 0.05):start(loop)
end

print(('# %s loowy=%s url=%s realm=%s encoding=%s scenarios=%s scale=%s'):format(
    type(jit) == 'table' and jit.version or _VERSION, tostring(loowy._VERSION), url, realm, encoding, wanted, scale))
ev.Timer.new(function()
    print('# TIMEOUT')
    os.exit(4)
end, tonumber(os.getenv('BENCH_TIMEOUT') or 240)):start(loop)

caller = join('caller', function(client)
    callee = join('callee', function()
        print('# negotiated ' .. tostring(client:options().transportEncoding))
        next_scenario()
    end)
end)
loop:loop()
