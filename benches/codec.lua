--- How fast values become bytes and back: microseconds per call, and how that compares to lua-cjson on the same value.
--   tools/run luajit benches/codec.lua
-- The codecs take turns, and what is printed are the medians of BENCH_ROUNDS (7) rounds; with BENCH_SCALE=0.1 they are
-- shorter.

local core = require 'loowy_core'
local has_cjson, cjson = pcall(require, 'cjson')

local scale = tonumber(os.getenv 'BENCH_SCALE' or 1)
local rounds = tonumber(os.getenv 'BENCH_ROUNDS' or 7)

-- EVENT, as it is on the wire: 143 bytes of JSON.
local function event()
    return { 36, 5512315355, 4429313566, {}, { 'kitchen', 21.5, true }, {
        sensor = 'k-017', unit = 'celsius', time = 1700000000, tags = { 'indoor', 'battery' }, high = 35,
    } }
end

-- 10 kB of JSON.
local function nested()
    local rooms = {}
    for room = 1, 13 do
        local devices = {}
        for device = 1, 10 do
            devices[device] = { id = room * 100 + device, name = 'device ' .. device, on = device % 2 == 0,
                value = device * 1.25, tags = { 'a', 'b', 'c' } }
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

-- Name, value, bytes of JSON at least and at most, calls per round.
local CASES = {
    { 'event', event(), 143, 143, 20000 },
    { '10 kB nested', nested(), 9900, 10100, 500 },
    { '1 MB string', { ('0123456789abcdef'):rep(65536) }, 2 ^ 20, 2 ^ 20 + 4, 40 },
    { '10,000 integers', integers(), 50000, 70000, 100 },
}

local function ours(format)
    return {
        name = format,
        encode = function(value) return core.encode(format, value) end,
        decode = function(text) return core.decode(format, text) end,
    }
end

local codecs = { ours 'json', ours 'msgpack', ours 'cbor' }
if has_cjson then
    table.insert(codecs, 1, { name = 'lua-cjson', encode = cjson.encode, decode = cjson.decode })
else
    print('# lua-cjson is not installed for this Lua: nothing to compare with')
end

local function time(count, call, argument)
    collectgarbage()
    local start = os.clock()
    for _ = 1, count do
        call(argument)
    end
    return (os.clock() - start) / count * 1e6
end

local function median(list)
    table.sort(list)
    return list[math.ceil(#list / 2)]
end

-- Microseconds per call of each codec both ways.
local function measured(value, count)
    local texts, times = {}, {}
    for i, codec in ipairs(codecs) do
        texts[i] = assert(codec.encode(value))
        times[i] = { encode = {}, decode = {} }
    end
    for round = 1, rounds do
        for i, codec in ipairs(codecs) do
            times[i].encode[round] = time(count, codec.encode, value)
            times[i].decode[round] = time(count, codec.decode, texts[i])
        end
    end
    for i in ipairs(codecs) do
        times[i] = { bytes = #texts[i], encode = median(times[i].encode), decode = median(times[i].decode) }
    end
    return times
end

print(('%-16s %-10s %9s %11s %11s %7s %7s'):format('value', 'codec', 'bytes', 'encode', 'decode', 'ratio', 'ratio'))
for _, case in ipairs(CASES) do
    local name, value, least, most, count = case[1], case[2], case[3], case[4], case[5]
    local size = #core.encode('json', value)
    assert(size >= least and size <= most, name .. ' takes ' .. size .. ' bytes')
    local times = measured(value, math.max(1, math.ceil(count * scale)))
    for i, codec in ipairs(codecs) do
        local line = ('%-16s %-10s %9d %9.2fus %9.2fus'):format(name, codec.name, times[i].bytes, times[i].encode,
            times[i].decode)
        if has_cjson and i > 1 then
            line = ('%s %7.2f %7.2f'):format(line, times[i].encode / times[1].encode, times[i].decode / times[1].decode)
        end
        print(line)
    end
end
