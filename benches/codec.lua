--- How fast values become bytes and back, beside lua-cjson where it is installed.
--   tools/run luajit benches/codec.lua

local core = require 'loowy_core'
local has_cjson, cjson = pcall(require, 'cjson')

local function small_event()
    return { { 'kitchen', 21.5, true }, {
        sensor = 'k-017', unit = 'celsius', time = 1700000000,
        tags = { 'indoor', 'battery' }, limits = { low = 5, high = 35 },
    } }
end

local function nested()
    local rooms = {}
    for room = 1, 12 do
        local devices = {}
        for device = 1, 7 do
            devices[device] = { id = room * 100 + device, name = 'device ' .. device, on = device % 2 == 0,
                value = device * 1.25, tags = { 'a', 'bc', 'def' } }
        end
        rooms[room] = { name = 'room ' .. room, floor = room % 3, devices = devices }
    end
    return { rooms = rooms }
end

local function integers()
    local list = {}
    for i = 1, 10000 do
        list[i] = i * 37
    end
    return list
end

local CASES = {
    { 'event', small_event(), 200000 },
    { '10 kB nested', nested(), 4000 },
    { '1 MB string', { ('0123456789abcdef'):rep(65536) }, 200 },
    { '10,000 integers', integers(), 500 },
}

local function ours(format)
    return {
        format,
        function(value) return core.encode(format, value) end,
        function(text) return core.decode(format, text) end,
    }
end

local CODECS = { ours 'json', ours 'msgpack' }
if has_cjson then
    table.insert(CODECS, 1, { 'lua-cjson', cjson.encode, cjson.decode })
end

local ROUNDS = 5

--- Microseconds per call: the best of a few rounds.
local function time(count, call, argument)
    local best = math.huge
    for _ = 1, ROUNDS do
        collectgarbage()
        local start = os.clock()
        for _ = 1, count do
            call(argument)
        end
        best = math.min(best, os.clock() - start)
    end
    return best / count * 1e6
end

print(('%-16s %-10s %9s %9s %9s'):format('value', 'codec', 'bytes', 'encode', 'decode'))
for _, case in ipairs(CASES) do
    local name, value, count = case[1], case[2], math.ceil(case[3] / ROUNDS)
    for _, codec in ipairs(CODECS) do
        local text = assert(codec[2](value))
        print(('%-16s %-10s %9d %8.2fus %8.2fus'):format(name, codec[1], #text,
            time(count, codec[2], value), time(count, codec[3], text)))
    end
end
