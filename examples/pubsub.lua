-- Publish and subscribe: two clients, an exact topic and a pattern, acknowledgements.
--     luajit examples/pubsub.lua [ws://host:port/path]
local ev = require 'ev'
local loowy = require 'loowy.client'

local url = arg[1] or 'ws://127.0.0.1:8080/ws'
local readings = {
    { topic = 'garden.tank.level', payload = { litres = 180 } },
    { topic = 'garden.soil.moisture', payload = { percent = 31, bed = 'tomatoes' } },
    { topic = 'garden.tank.level', payload = { litres = 175 } },
}

local function fail(failure)
    io.stderr:write(failure.error, '\n')
    os.exit(1)
end

local function join(onConnect)
    local client
    client = loowy.new(url, { realm = 'realm1', onError = fail, onConnect = function() onConnect(client) end })
    return client
end

local function publish_all(client)
    local acknowledged = 0
    for _, reading in ipairs(readings) do
        client:publish(reading.topic, reading.payload, {
            onSuccess = function()
                acknowledged = acknowledged + 1
                print('acknowledged ' .. acknowledged)
                if acknowledged == #readings then client:disconnect() end
            end,
            onError = fail,
        })
    end
end

local subscriber
local expected = 2 * #readings - 1      -- the pattern hears all of them, the exact topic two

local function heard(line)
    print(line)
    expected = expected - 1
    if expected == 0 then subscriber:disconnect() end
end

local function on_level(event)
    heard('the tank holds ' .. event.argsDict.litres .. ' litres')
end

local function on_anything(event)
    heard('an event of ' .. (event.details.topic or 'the garden'))
end

subscriber = join(function(client)
    client:subscribe('garden.tank.level', on_level)
    client:subscribe('garden', {
        onEvent = on_anything,
        onSuccess = function() join(publish_all) end,
        onError = fail,
    }, { match = 'prefix' })
end)

ev.Loop.default:loop()
