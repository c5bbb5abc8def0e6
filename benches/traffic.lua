-- Calls and events between the two sessions, with a bounded number of them on the way.

local meter = require 'meter'
local sessions = require 'sessions'

local M = {}

-- Options that say what holds anyway: an empty dictionary would be cheaper for some clients than for others.
local CALL = { disclose_me = false }
local YIELD = { progress = false }

local function echo(data)
    return { options = YIELD, argsList = data.argsList, argsDict = data.argsDict }
end

-- Registers an echo, then runs `ready(procedure)`.
local function with_echo(name, ready)
    local procedure = sessions.uri(name)
    sessions.callee:register(procedure, {
        rpc = echo,
        onSuccess = function() ready(procedure) end,
        onError = sessions.fail(name),
    }, { invoke = 'single' })
end

-- Makes `total` calls with at most `window` unanswered. `spec.payload(i)` is what the i-th carries,
-- `spec.check(i, list)` looks at an answer, `spec.handed_over(seconds)` hears when the first window was sent.
-- `done(wall, times)` gets the wall time and, where the calls are made one by one, each round trip.
function M.calls(name, total, window, spec, done)
    with_echo(name, function(procedure)
        local sent, got, times, since, sent_at = 0, 0, {}, nil, nil
        local callbacks = { onError = sessions.fail(name) }

        local function fill()
            while sent < total and sent - got < window do
                sent = sent + 1
                if window == 1 then sent_at = meter.now() end
                sessions.caller:call(procedure, spec.payload(sent), callbacks, CALL)
            end
        end

        function callbacks.onSuccess(list)
            got = got + 1
            if window == 1 then times[got] = meter.now() - sent_at end
            if spec.check and not spec.check(got, list) then sessions.fail(name) { error = 'wrong result' } end
            if got == total then return done(meter.finish(since, name, total, 4 * total), times) end
            fill()
        end

        since = meter.start()
        fill()
        if spec.handed_over then spec.handed_over(meter.now() - since.wall) end
    end)
end

-- Publishes `total` events with at most `window` not yet seen by the subscriber, nor acknowledged if
-- `spec.acknowledged`. `spec.payload(i)` is what the i-th carries, a list that begins with i, and `spec.check(list)`
-- looks at the rest. `spec.publisher` and `spec.subscriber` are the usual ones unless they are given.
function M.events(name, total, window, spec, done)
    local topic = sessions.uri(name)
    local publisher, subscriber = spec.publisher or sessions.caller, spec.subscriber or sessions.callee
    local acknowledged, options = spec.acknowledged, { exclude_me = publisher ~= subscriber }
    local sent, got, acks, since = 0, 0, acknowledged and 0 or math.huge, nil
    local callbacks = acknowledged and { onError = sessions.fail(name) } or nil

    local function fill()
        while sent < total and sent - got < window and sent - acks < window do
            sent = sent + 1
            publisher:publish(topic, spec.payload(sent), callbacks, options)
        end
    end

    local function step()
        if got < total or acks < total then return fill() end
        done(meter.finish(since, name, total, (acknowledged and 3 or 2) * total))
    end

    if acknowledged then
        callbacks.onSuccess = function() acks = acks + 1 step() end
    end
    subscriber:subscribe(topic, {
        onEvent = function(event)
            local list = event.argsList
            got = got + 1
            if list[1] ~= got then sessions.fail(name) { error = 'event out of order' } end
            if spec.check and not spec.check(list) then sessions.fail(name) { error = 'wrong event' } end
            step()
        end,
        onSuccess = function() since = meter.start() fill() end,
        onError = sessions.fail(name),
    }, { match = 'prefix' })
end

-- Lets `client` subscribe to `total` topics below `name`, some at a time.
function M.subscribe_many(client, name, total, done)
    local asked, got = 0, 0
    local fail = sessions.fail(name)
    local callbacks, prefix = { onEvent = fail, onError = fail }, sessions.uri(name)

    local function fill()
        while asked < total and asked - got < 256 do
            asked = asked + 1
            client:subscribe(('%s.%d.%d'):format(prefix, asked % 1000, asked), callbacks)
        end
    end

    function callbacks.onSuccess()
        got = got + 1
        if got == total then return done() end
        fill()
    end

    fill()
end

return M
