--- The publisher's and the subscriber's methods.

local callback = require 'loowy.callback'
local checks = require 'loowy.checks'
local errors = require 'loowy.errors'

local M = {}

local type, ipairs = type, ipairs

local SUBSCRIBE = { method = 'subscribe', role = 'broker', missing = errors.NO_BROKER, reserved = true }
local UNSUBSCRIBE = { method = 'unsubscribe', role = 'broker', missing = errors.NO_BROKER }
local PUBLISH = { method = 'publish' }

local PATTERNS = { prefix = 'prefix', wildcard = 'wildcard' }
local POLICIES = { 'exact', 'prefix', 'wildcard' }
local IS_POLICY = { exact = true, prefix = true, wildcard = true }

local function key_of(topic, match)
    return (match or 'exact') .. ' ' .. topic
end

local function index_of(list, value)
    for i, v in ipairs(list) do
        if v == value then return i end
    end
    return nil
end

-- Lists of callbacks are replaced, never changed: an event goes to those who were there when it came.
local function appended(list, value)
    local result = {}
    for i, v in ipairs(list) do result[i] = v end
    result[#result + 1] = value
    return result
end

local function without(list, index)
    local result = {}
    for i, v in ipairs(list) do
        if i ~= index then result[#result + 1] = v end
    end
    return result
end

--- Adds a callback, unless it is there already.
function M.attach(entry, on_event)
    if not index_of(entry.callbacks, on_event) then entry.callbacks = appended(entry.callbacks, on_event) end
end

--- Forgets a subscription, here and in the index by topic.
function M.forget(self, entry)
    self.subscriptions[entry.id] = nil
    if self.topics[entry.key] == entry then self.topics[entry.key] = nil end
end

local function subscription(self, topic, match)
    local key = key_of(topic, match)
    local entry = self.topics[key]
    if not entry or entry.leaving then
        entry = { id = self:new_id(), key = key, topic = topic, match = match, callbacks = {}, waiting = 0 }
        self.topics[key] = entry
        self.subscriptions[entry.id] = entry
    end
    return entry
end

local function on_event_of(callbacks)
    if type(callbacks) == 'function' then return callbacks end
    return callback.of(callbacks, 'onEvent')
end

--- `subscribe(topic, callbacks [, advancedOptions])`
function M.subscribe(self, topic, callbacks, advanced)
    local match = type(advanced) == 'table' and PATTERNS[advanced.match] or nil
    topic = checks.addressed(self, topic, SUBSCRIBE, callbacks, match)
    if not topic then return end
    local on_event = on_event_of(callbacks)
    if not on_event then return checks.refuse(self, errors.NO_CALLBACK_SPEC, callbacks) end

    local known = self.topics[key_of(topic, match)]
    if known and known.confirmed and not known.leaving and known.callbacks[1] then
        M.attach(known, on_event)
        local on_success = callback.of(callbacks, 'onSuccess')
        if on_success then on_success() end
        self.status = errors.status(errors.SUCCESS)
        return
    end

    local entry = subscription(self, topic, match)
    local options = match and { match = match } or nil
    local pending = { kind = 'subscribe', entry = entry, on_event = on_event, callbacks = callbacks }
    entry.waiting = entry.waiting + 1
    local request, message = self.core:subscribe(entry.id, topic, options, self.requests, pending)
    if not request then
        entry.waiting = entry.waiting - 1
        if entry.waiting == 0 then M.forget(self, entry) end
    end
    checks.accepted(self, request, message, callbacks)
end

-- The confirmed subscriptions of a topic, whatever their policy.
local function confirmed(self, topic, match)
    local result = {}
    for _, policy in ipairs(match and { match } or POLICIES) do
        local entry = self.topics[key_of(topic, policy)]
        if entry and entry.confirmed then result[#result + 1] = entry end
    end
    return result
end

local function holding(entries, on_event)
    for _, entry in ipairs(entries) do
        if index_of(entry.callbacks, on_event) then return entry end
    end
    return entries[1]
end

local function leave(self, entries, callbacks)
    local confirmation = { callbacks = callbacks, left = #entries }
    for _, entry in ipairs(entries) do
        entry.callbacks = {}
        entry.leaving = true
        local pending = { kind = 'unsubscribe', entry = entry, confirmation = confirmation, callbacks = callbacks }
        local request, message = self.core:unsubscribe(entry.id, self.requests, pending)
        if not checks.accepted(self, request, message, callbacks) then return end
    end
end

--- `unsubscribe(topic [, callbacks [, advancedOptions]])`. A topic that was subscribed under several match policies
-- is left under all of them, unless a callback to remove or `advancedOptions.match` tells which.
function M.unsubscribe(self, topic, callbacks, advanced)
    if not checks.served(self, UNSUBSCRIBE, callbacks) then return end
    local match = type(advanced) == 'table' and IS_POLICY[advanced.match] and advanced.match or nil
    local entries = confirmed(self, tostring(topic), match)
    if not entries[1] then return checks.refuse(self, errors.NON_EXIST_UNSUBSCRIBE, callbacks) end
    if type(callbacks) == 'number' then
        error("bad argument #2 to 'unsubscribe' (function or table expected, got number)", 3)
    end

    local on_event = on_event_of(callbacks)
    if on_event then
        local entry = holding(entries, on_event)
        local remaining = without(entry.callbacks, index_of(entry.callbacks, on_event))
        if remaining[1] then
            entry.callbacks = remaining
            self.status = errors.status(errors.SUCCESS, errors.status_of(self).reqId)
            return
        end
        entries = { entry }
    end
    leave(self, entries, callbacks)
end

local PUBLISH_OPTIONS = {
    'exclude', 'exclude_authid', 'exclude_authrole', 'eligible', 'eligible_authid', 'eligible_authrole', 'exclude_me',
    'disclose_me',
}

--- `publish(topic [, payload [, callbacks [, advancedOptions]]])`
function M.publish(self, topic, payload, callbacks, advanced)
    topic = checks.addressed(self, topic, PUBLISH, callbacks)
    if not topic then return end
    local options = advanced and checks.own(advanced, PUBLISH_OPTIONS)
    local pending = type(callbacks) == 'table' and { kind = 'publish', callbacks = callbacks } or nil
    local request, message = self.core:publish(topic, payload, options, self.requests, pending)
    checks.accepted(self, request, message, callbacks)
end

return M
