-- Wall time, CPU time and memory of this process, the router's CPU time, and how busy the rest of the machine was.
-- Every measurement is printed as a line `name value unit`.

local ev = require 'ev'

local M = {}

local loop = ev.Loop.default
local TICK = 0.01           -- seconds per clock tick in /proc

local function read(path)
    local file = io.open(path, 'rb')
    if not file then return '' end
    local text = file:read('*a') or ''
    file:close()
    return text
end

local router_pids = {}
for pid in (os.getenv('BENCH_ROUTER_PIDS') or ''):gmatch('%d+') do router_pids[#router_pids + 1] = pid end

-- User and system time of a process: the 14th and 15th field, counted behind the name, which may contain anything.
local function cpu_of(pid)
    local fields, n = read('/proc/' .. pid .. '/stat'):match('^.*%) (.*)$') or '', 2
    local ticks = 0
    for field in fields:gmatch('%S+') do
        n = n + 1
        if n == 14 or n == 15 then ticks = ticks + tonumber(field) end
    end
    return ticks * TICK
end

local function router_cpu()
    local total = 0
    for _, pid in ipairs(router_pids) do total = total + cpu_of(pid) end
    return total
end

-- Time that any core was not idle (nor waiting for a disk).
local function machine_cpu()
    local ticks, n = 0, 0
    for field in (read('/proc/stat'):match('^cpu +([^\n]*)') or ''):gmatch('%d+') do
        n = n + 1
        if n <= 8 and n ~= 4 and n ~= 5 then ticks = ticks + tonumber(field) end
    end
    return ticks * TICK
end

function M.now()
    return loop:update_now() or loop:now()
end

-- Resident memory in kB. What `status` says of it may lag behind.
function M.rss()
    return tonumber(read('/proc/self/smaps_rollup'):match('\nRss:%s*(%d+)')
        or read('/proc/self/status'):match('VmRSS:%s*(%d+)')) or 0
end

function M.print(name, value, unit)
    print(('%s %.6g %s'):format(name, value, unit))
end

local function sample()
    return { machine = machine_cpu(), wall = M.now(), own = os.clock(), router = router_cpu() }
end

function M.start()
    collectgarbage()
    collectgarbage()
    return sample()
end

-- `messages` is the number of WAMP messages that this process sent and received. Gives the wall time in seconds.
function M.finish(since, name, operations, messages)
    local now = sample()
    local wall, own, router = now.wall - since.wall, now.own - since.own, now.router - since.router
    M.print(name .. '_wall', wall, 's')
    M.print(name .. '_rate', operations / wall, 'ops/s')
    M.print(name .. '_client_cpu_per_10k_msgs', own / messages * 1e4, 's')
    M.print(name .. '_client_cpu_share', own / wall * 100, '%')
    if #router_pids > 0 then
        M.print(name .. '_router_cpu_per_10k_msgs', router / messages * 1e4, 's')
        M.print(name .. '_router_cpu_share', router / wall * 100, '%')
        M.print(name .. '_other_cpu_share', (now.machine - since.machine - own - router) / wall * 100, '%')
    end
    M.print(name .. '_rss', M.rss(), 'kB')
    return wall
end

-- Mean, median and 99th percentile of round trips given in seconds.
function M.round_trips(name, times)
    table.sort(times)
    local sum = 0
    for _, time in ipairs(times) do sum = sum + time end
    M.print(name .. '_rtt_mean', sum / #times * 1e6, 'us')
    M.print(name .. '_rtt_p50', times[math.ceil(#times * 0.5)] * 1e6, 'us')
    M.print(name .. '_rtt_p99', times[math.ceil(#times * 0.99)] * 1e6, 'us')
end

return M
