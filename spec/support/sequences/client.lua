--- A client of a random sequence, and what is known of it: each of its callbacks checks the rules.

local ev = require 'ev'
local fits = require('spec.support.sequences.world').fits
local helper = require 'spec.helper'

local M = {}

local loop = ev.Loop.default

local Client = {}
Client.__index = Client

-- Everything that a callback does: first what was kept for it, then the loop looks again whether it may go on.
function Client:heard()
    local step = table.remove(self.inside, 1)
    if step then self.world:step(step) end
    loop:unloop()
end

function Client:check(holds, rule, ...)
    return self.world:check(holds, 'client %d: ' .. rule, self.n, ...)
end

-- What fails at the end of a life fails with that text; what the program asks for then is for its next life.
local function is_end(err)
    local text = err.argsList and err.argsList[1]
    return text == 'the connection is closed'
end

--- The callbacks of a request that must have one outcome.
function Client:outcome(what, on_success, on_error)
    local id = self.world:number()
    what = what .. ' (' .. id .. ')'
    self[self.over and 'later' or 'open'][id] = what
    local function over(how)
        self:check(self.open[id] or self.later[id], 'a second outcome of %s: %s', what, how)
        self.open[id], self.later[id] = nil, nil
    end
    return {
        onSuccess = function(...)
            over 'onSuccess'
            if on_success then on_success(...) end
            self:heard()
        end,
        onError = function(err)
            self.over = self.over or is_end(err)
            over('onError ' .. tostring(err.error))
            self:check(type(err.error) == 'string', '%s fails without an error', what)
            if on_error then on_error(err) end
            self:heard()
        end,
    }
end

function Client:forget()
    self.connected, self.ending, self.unsure, self.over = false, false, false, false
    self.subscribed, self.procedures, self.pending = {}, {}, {}
    self.open, self.later = self.later or {}, {}
end

function Client:callbacks()
    return {
        onConnect = function()
            self:check(self.alive and not self.connected, 'onConnect twice, or after onClose')
            self.connected = true
            self:heard()
        end,
        onReconnect = function()
            self:check(self.alive, 'onReconnect after onClose')
            self.unsure = false
            self:heard()
        end,
        onReconnectSuccess = function()
            self:check(self.alive and self.connected, 'onReconnectSuccess without onConnect')
            self.unsure = false
            self:heard()
        end,
        onError = function()
            self:check(self.alive, 'onError after onClose')
            self:heard()
        end,
        onClose = function()
            self:check(self.alive, 'onClose twice')
            local _, open = next(self.open)
            self:check(not open, 'onClose before the outcome of %s', tostring(open))
            self:check(not self.api.getSessionId(), 'a session in onClose')
            self.alive, self.again = self.again, false
            self:forget()
            self:heard()
        end,
    }
end

--- The subscriptions of a topic: callbacks by their policies.
function Client:of(topic)
    self.subscribed[topic] = self.subscribed[topic] or {}
    return self.subscribed[topic]
end

-- A callback of its own for each subscription. One that is removed by another callback still gets the event of both.
function Client:on_event(topic, policy)
    local seen, last = {}, {}
    local function on_event(event)
        local number, publisher = event.argsList[1], event.argsList[2]
        if self.event ~= number then self.event, self.removed = number, {} end
        local expected = self:of(topic)[on_event] or self.removed[on_event]
        self:check(self.alive and expected, 'an event without a subscription')
        self:check(not seen[number], 'the event %s twice', number)
        self:check(number > (last[publisher] or 0), 'the event %s after %s', number, tostring(last[publisher]))
        local about = event.argsList[3]
        self:check(fits(topic, policy, about), 'an event of %s for %s %s', about, policy, topic)
        seen[number], last[publisher] = true, number
        self.world:count(number)
        self:heard()
    end
    return on_event
end

function Client:rpc(name)
    return function(data)
        local number = data.argsList[1]
        self:check(self.world.called[number], 'call %s is not open, or came twice', number)
        self.world.called[number] = nil
        self:heard()
        if name:find 'fails' then error { error = 'com.fails', argsList = { number } } end
        return { argsList = { number } }
    end
end

--- The client with that number, not connected yet.
function M.new(world, n)
    local self = setmetatable({ world = world, n = n, inside = {}, removed = {} }, Client)
    self:forget()
    local options = self:callbacks()
    options.reconnectInterval, options.maxRetries, options.retryFirstConnect = 0.01, 100000, true
    options.transportEncoding = ({ 'json', 'msgpack', 'cbor' })[(n - 1) % 3 + 1]
    self.api = helper.client(options)
    return self
end

return M
