-- Measures the client: caller and callee, publisher and subscriber are two sessions in this process.
--
--     LUA benches/client.lua URL [REALM [json|msgpack [SCENARIO,...|all [SCALE]]]]
--
-- scenarios   rpc_seq    calls, one after the other          pub_noack  events, 256 on the way
--             rpc_pipe   calls, 64 on the way                pub_ack    the same, acknowledged
--             rpc_1mb    calls with 1 MB both ways           event_10k  events with a nested table of 10 kB
--             connect    200 clients join
-- not in all  rpc_burst, rpc_burst_16k        4,000 and 16,000 calls of 2 kB, handed over at once
--             pub_subs_10, pub_subs_100k      events of a client to itself that has so many subscriptions
--             connect_2k                      2,000 clients join
-- SCALE       1; a fraction for a quick look
-- environment BENCH_CA, a file with the certificate of a router on wss://; BENCH_TIMEOUT in seconds (240);
--             BENCH_ROUTER_PIDS, the router's processes, whose CPU time is then told

package.path = arg[0]:gsub('[^/]*$', '') .. '?.lua;' .. package.path
io.stdout:setvbuf('line')

local ev = require 'ev'
local loowy = require 'loowy.client'
local scenarios = require 'scenarios'
local sessions = require 'sessions'

local ALL = 'rpc_seq,rpc_pipe,pub_noack,pub_ack,event_10k,rpc_1mb,connect'
local wanted = arg[4] or 'all'
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
    ev.Timer.new(function() scenario(next_scenario) end, 0.05):start(sessions.loop)
end

local function give_up()
    print('# TIMEOUT')
    os.exit(4)
end

print(('# %s loowy=%s url=%s realm=%s encoding=%s scenarios=%s scale=%s'):format(
    type(jit) == 'table' and jit.version or _VERSION, tostring(loowy._VERSION), sessions.url, sessions.realm,
    sessions.encoding, wanted, tostring(arg[5] or 1)))
ev.Timer.new(give_up, tonumber(os.getenv('BENCH_TIMEOUT') or 240)):start(sessions.loop)

sessions.open(function(client)
    print('# negotiated ' .. tostring(client:options().transportEncoding))
    next_scenario()
end)
sessions.loop:loop()
