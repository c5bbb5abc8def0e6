-- The scenarios of client.lua by name: each measures, prints and calls `done(kept)`. `kept` lives to the end.

local ev = require 'ev'
local meter = require 'meter'
local payload = require 'payload'
local sessions = require 'sessions'
local traffic = require 'traffic'

local M = {}

local scale = tonumber(arg[5] or 1)
local SETTLE = 1        -- seconds after which a new connection counts as idle

local function scaled(n)
    return math.max(1, math.floor(n * scale))
end

function M.rpc_seq(done)
    local spec = { payload = function(i) return { i } end, check = function(i, list) return list[1] == i end }
    traffic.calls('rpc_seq', scaled(4000), 1, spec, function(_, times)
        meter.round_trips('rpc_seq', times)
        done()
    end)
end

function M.rpc_pipe(done)
    traffic.calls('rpc_pipe', scaled(20000), 64, { payload = payload.small }, done)
end

function M.pub_noack(done)
    traffic.events('pub_noack', scaled(50000), 256, { payload = payload.small }, done)
end

function M.pub_ack(done)
    traffic.events('pub_ack', scaled(50000), 256, { payload = payload.small, acknowledged = true }, done)
end

function M.event_10k(done)
    local total, rows = scaled(3000), payload.rows()
    local spec = {
        payload = function(i) return { i, rows } end,
        check = function(list) return payload.are_rows(list[2]) end,
    }
    traffic.events('event_10k', total, 32, spec, function(wall)
        meter.print('event_10k_payload_rate', 10e3 * total / wall / 1e6, 'MB/s')
        done()
    end)
end

function M.rpc_1mb(done)
    local total, text = scaled(30), ('0123456789abcdef'):rep(65536)
    local spec = { payload = function() return { text } end, check = function(_, list) return #list[1] == #text end }
    traffic.calls('rpc_1mb', total, 1, spec, function(wall)
        meter.print('rpc_1mb_time', wall / total * 1e3, 'ms')
        done()
    end)
end

local function burst(name, count)
    M[name] = function(done)
        local total, text = scaled(count), ('b'):rep(2000)
        local spec = { payload = function(i) return { i, text } end }
        function spec.handed_over(seconds) meter.print(name .. '_enqueue', seconds, 's') end
        traffic.calls(name, total, total, spec, done)
    end
end

burst('rpc_burst', 4000)
burst('rpc_burst_16k', 16000)

-- One client publishes to itself and has so many other subscriptions.
local function subscribed(name, count)
    M[name] = function(done)
        local client = sessions.caller
        local spec = { payload = payload.small, publisher = client, subscriber = client }
        traffic.subscribe_many(client, name .. '_other', count, function()
            traffic.events(name, scaled(50000), 256, spec, done)
        end)
    end
end

subscribed('pub_subs_10', 10)
subscribed('pub_subs_100k', scaled(100000))

local function idle(name, before, clients, done)
    collectgarbage()
    collectgarbage()
    meter.print(name .. '_rss_per_client', (meter.rss() - before) / #clients, 'kB')
    meter.print(name .. '_lua_heap_after', collectgarbage('count'), 'kB')
    done(clients)
end

local function connecting(name, count)
    M[name] = function(done)
        local total, joined, clients = scaled(count), 0, {}
        local since = meter.start()
        local before = meter.rss()
        for i = 1, total do
            clients[i] = sessions.join(name, function()
                joined = joined + 1
                if joined < total then return end
                meter.finish(since, name, total, 2 * total)
                ev.Timer.new(function() idle(name, before, clients, done) end, SETTLE):start(sessions.loop)
            end)
        end
    end
end

connecting('connect', 200)
connecting('connect_2k', 2000)

return M
