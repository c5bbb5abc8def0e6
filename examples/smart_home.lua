-- The smart home: sensors, devices and people, each a WAMP client of its own, play one evening in a few seconds.
--
--     luajit examples/smart_home.lua                      on a router inside this program
--     luajit examples/smart_home.lua ws://host:port/path [realm]     on any other router (realm1)
--
-- A temperature sensor in the living room and a humidity sensor in the bath room publish `sensor.events`. A controller
-- subscribes, compares with its thresholds and calls `dcs.conditioner.control` and `dcs.fan.control`. The user is told,
-- a log keeps everything, and an administrator changes a threshold and looks for new devices.

local ev = require 'ev'
local loowy = require 'loowy.client'

local RHYTHM = 0.2          -- seconds between two readings of a sensor
local PATIENCE = 30         -- seconds after which the evening has gone wrong
local PEACE = 'the evening went well'
local loop = ev.Loop.default

------------------------------------------------------------------------------------------------------------ the screen

local start = loop:now()
local COLOURS = {
    ['living room sensor'] = 36, ['bath room sensor'] = 34, conditioner = 32, fan = 32, ['new lamp'] = 32,
    controller = 33, user = 35, administrator = 31, log = 90,
}
local shell = os.execute('test -t 1')
local coloured = (shell == true or shell == 0) and not os.getenv('NO_COLOR')

io.stdout:setvbuf 'line'    -- behind a pipe, too, every line is seen when it happens

local function say(actor, text, ...)
    local name = ('%-18s'):format(actor)
    if coloured and COLOURS[actor] then name = ('\27[%dm%s\27[0m'):format(COLOURS[actor], name) end
    print(('%5.2f s  %s  %s'):format(loop:now() - start, name, text:format(...)))
end

------------------------------------------------------------------------------------------------------------ the actors

local router, url, realm
local clients = {}
local outcome

-- Ends the evening: everybody leaves, and when the last one is gone nothing keeps the loop.
local function go_home(result)
    if outcome then return end
    outcome = result
    for _, client in ipairs(clients) do client:disconnect() end
end

local function give_up(actor, failure)
    say(actor, 'gives up: %s', failure.error)
    os.exit(1)
end

-- For what may go wrong, but not when everybody is leaving anyway.
local function fails(actor)
    return function(failure)
        if not outcome then give_up(actor, failure) end
    end
end

-- A client for this actor. `play(client)` runs when it has joined the realm.
local function join(actor, play)
    if outcome then return end
    local client
    client = loowy.new(url, {
        realm = realm,
        autoReconnect = false,
        onConnect = function() play(client) end,
        onClose = function() fails(actor) { error = 'the router closed the connection' } end,
        onError = fails(actor),
    })
    clients[#clients + 1] = client
end

local function subscribe(actor, client, topic, onEvent, ready, options)
    client:subscribe(topic, { onEvent = onEvent, onSuccess = ready, onError = fails(actor) }, options)
end

local function register(actor, client, procedure, rpc, ready)
    client:register(procedure, { rpc = rpc, onSuccess = ready, onError = fails(actor) })
end

------------------------------------------------------------------------------------------------------------- the house

-- What the sensors feel. Heat and steam come from outside, the devices work against them.
local rooms = {
    ['living room'] = { temperature = 23.5, drift = { temperature = 0.6 } },
    ['bath room'] = { humidity = 52, drift = { humidity = 0 } },
}
local UNITS = { temperature = '°C', humidity = '%' }

local function sensor(actor, id, room, quantity)
    return function(client)
        local place = rooms[room]
        local function read()
            if outcome then return end
            place[quantity] = place[quantity] + place.drift[quantity]
            say(actor, '%s %.1f %s', quantity, place[quantity], UNITS[quantity])
            client:publish('sensor.events', { sensorId = id, room = room, [quantity] = place[quantity] })
        end
        ev.Timer.new(read, RHYTHM, RHYTHM):start(loop, true)
    end
end

-- A device whose procedure takes one argument, on or off. `work(on)` is what it does to the house.
local function device(actor, procedure, work)
    return function(client, ready)
        register(actor, client, procedure, function(invocation)
            local on = invocation.argsList[1]
            say(actor, 'turns %s', on and 'on' or 'off')
            work(on)
            return { argsList = { on } }
        end, function()
            client:publish('device.online', { device = actor, procedure = procedure }, {
                onSuccess = ready,          -- by now it is on its way to everybody who subscribed
                onError = fails(actor),
            })
        end)
    end
end

-------------------------------------------------------------------------------------------------------- the controller

local thresholds = {
    temperature = { high = 26, low = 24, procedure = 'dcs.conditioner.control', device = 'conditioner' },
    humidity = { high = 70, low = 60, procedure = 'dcs.fan.control', device = 'fan' },
}

local function switch(client, rule, on, reading)
    rule.on = on
    client:call(rule.procedure, on, {
        onSuccess = function()
            client:publish('home.news', { device = rule.device, on = on, room = reading.room })
        end,
        onError = fails 'controller',
    })
end

local function compare(client, reading)
    for quantity, rule in pairs(thresholds) do
        local value = reading[quantity]
        if value and value > rule.high and not rule.on then
            say('controller', 'more than %d %s in the %s: %s on', rule.high, UNITS[quantity], reading.room, rule.device)
            switch(client, rule, true, reading)
        elseif value and value < rule.low and rule.on then
            say('controller', 'less than %d %s in the %s: %s off', rule.low, UNITS[quantity], reading.room, rule.device)
            switch(client, rule, false, reading)
        end
    end
end

local devices = {}

local function set_threshold(invocation)
    local new = invocation.argsDict
    local rule = thresholds[new.quantity]
    if not rule then error { uri = 'home.error.no_such_quantity', argsList = { new.quantity } } end
    rule.high, rule.low = new.high, new.low
    return { argsDict = { quantity = new.quantity, high = rule.high, low = rule.low } }
end

local function discover()
    return { argsList = devices }
end

local function controller(client, ready)
    local waiting = 4
    local function one_more()
        waiting = waiting - 1
        if waiting == 0 then ready() end
    end
    local function sensed(event) compare(client, event.argsDict) end
    local function appeared(event) devices[#devices + 1] = event.argsDict end
    subscribe('controller', client, 'sensor.events', sensed, one_more)
    subscribe('controller', client, 'device.online', appeared, one_more)
    register('controller', client, 'thresholds.set', set_threshold, one_more)
    register('controller', client, 'discover.devices', discover, one_more)
end

------------------------------------------------------------------------------------------------------------ the people

local logged = { readings = 0, news = 0, devices = 0 }

local function log(client, ready)
    local function count(what)
        return function() logged[what] = logged[what] + 1 end
    end
    subscribe('log', client, 'sensor.events', count 'readings')
    subscribe('log', client, 'home.news', count 'news')
    subscribe('log', client, 'device', count 'devices', ready, { match = 'prefix' })
end

local function administrator(client)
    local found

    local function look_for_devices()
        client:call('discover.devices', nil, {
            onSuccess = function(list)
                found = #list
                say('administrator', 'finds %d devices:', found)
                for _, one in ipairs(list) do say('administrator', '  %s, %s', one.device, one.procedure) end
                rooms['living room'].drift.temperature = 0.6
            end,
            onError = fails 'administrator',
        })
    end

    client:call('thresholds.set', { quantity = 'temperature', high = 25, low = 24 }, {
        onSuccess = function(_, rule)
            say('administrator', 'sets the thresholds: %s between %d and %d', rule.quantity, rule.low, rule.high)
            join('new lamp', function(lamp)
                device('new lamp', 'dcs.lamp.control', function() end)(lamp, look_for_devices)
            end)
        end,
        onError = fails 'administrator',
    })
end

-- What happens that evening, told by what the user hears.
local CHAPTERS = {
    ['conditioner on 1'] = 'smiles: it is getting cooler',
    ['conditioner off 1'] = 'takes a shower',
    ['fan on 1'] = 'leaves the bath room',
    ['fan off 1'] = 'asks the administrator for less heat and more light',
    ['conditioner off 2'] = 'goes to sleep',
}

local happens = {
    ['conditioner off 1'] = function() rooms['bath room'].drift.humidity = 4 end,
    ['fan off 1'] = function() join('administrator', administrator) end,
    ['conditioner off 2'] = go_home,
}

local function user(client, ready)
    local times = {}
    subscribe('user', client, 'home.news', function(event)
        local news = event.argsDict
        local what = news.device .. (news.on and ' on' or ' off')
        times[what] = (times[what] or 0) + 1
        local chapter = what .. ' ' .. times[what]
        say('user', 'is told: %s in the %s', what, news.room)
        if CHAPTERS[chapter] then say('user', '%s', CHAPTERS[chapter]) end
        if happens[chapter] then happens[chapter](PEACE) end
    end, ready)
end

----------------------------------------------------------------------------------------------------------- the evening

local function conditioner_works(on)
    rooms['living room'].drift.temperature = on and -0.8 or 0
end

local function fan_works(on)
    rooms['bath room'].drift.humidity = on and -5 or 0
end

local function sensors()
    join('living room sensor', sensor('living room sensor', 25, 'living room', 'temperature'))
    join('bath room sensor', sensor('bath room sensor', 26, 'bath room', 'humidity'))
end

-- One after the other, because the later ones are heard by the earlier ones.
local CAST = {
    { 'log', log },
    { 'controller', controller },
    { 'user', user },
    { 'conditioner', device('conditioner', 'dcs.conditioner.control', conditioner_works) },
    { 'fan', device('fan', 'dcs.fan.control', fan_works) },
}

local function enter(n)
    local actor, play = CAST[n][1], CAST[n][2]
    join(actor, function(client)
        say(actor, 'is here, session %.0f', client:getSessionId())
        play(client, function()
            if CAST[n + 1] then enter(n + 1) else sensors() end
        end)
    end)
end

local function open_house()
    url, realm = arg[1], arg[2] or 'realm1'
    if not url or url == '' then
        realm = 'home'
        router = assert(require 'loowy.router'.new { listen = 'ws://127.0.0.1:0/ws', realms = { realm } })
        assert(router:start())
        url = router:url()
    end
    print(('A smart home on %s, realm %s'):format(url, realm))
end

-- Ctrl-C sends everybody home; a second one does not wait until they are gone.
local function on_interrupt(_, signal)
    signal:stop(loop)
    go_home 'interrupted'
end

ev.Signal.new(on_interrupt, ev.SIGINT):start(loop, true)
open_house()
enter(1)
ev.Timer.new(function() give_up('log', { error = 'the evening never ends' }) end, PATIENCE):start(loop, true)
loop:loop()
if router then router:stop() end

print(('%s: %d readings, %d devices and %d switchings logged in %.1f s, everybody left in peace'):format(
    outcome or 'nothing happened', logged.readings, logged.devices, logged.news, loop:now() - start))
os.exit(outcome == PEACE and 0 or outcome and 130 or 1)
