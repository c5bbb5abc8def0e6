-- What lua-cjson takes for the values of the events of 10 kB, encoded once and decoded once for each, as `event_10k`
-- counts them: LUA benches/cjson_event.lua [SCALE]

package.path = arg[0]:gsub('[^/]*$', '') .. '?.lua;' .. package.path

local cjson = require 'cjson'
local payload = require 'payload'

local total, rows = math.max(1, math.floor(3000 * tonumber(arg[1] or 1))), payload.rows()
local MESSAGES = 2      -- PUBLISH and EVENT

collectgarbage()
collectgarbage()
local since = os.clock()
for i = 1, total do
    local list = cjson.decode(cjson.encode { i, rows })
    assert(list[1] == i and payload.are_rows(list[2]))
end
print(('event_10k_client_cpu_per_10k_msgs %.6g s'):format((os.clock() - since) / total / MESSAGES * 1e4))
