--- What the core noticed, handed to the callbacks of one client.
--
-- The core never calls Lua: `drain` asks it for one notice after the other until there is none left. An error in a
-- callback is reported and stops nothing else, because everything of the notice is accounted for before the callback
-- runs.

local callback = require 'loowy.callback'
local core = require 'loowy_core'
local errors = require 'loowy.errors'
local pubsub = require 'loowy.pubsub'
local result = require 'loowy.result'
local rpc = require 'loowy.rpc'

local M = {}

local getmetatable, ipairs, pairs, pcall, type = getmetatable, ipairs, pairs, pcall, type
local run, of = callback.run, callback.of

local LOST = 'wamp.error.network_failure'

-- Whether the program has begun to hear of the notice in hand, or the number of the invocation that is owed an answer.
-- What fails before that, for want of memory, is done once more: what needs memory precedes what must not be repeated.
local told = false

local function notify(self, name, ...)
    run(self.options[name], ...)
end

-- EVENT ------------------------------------------------------------------------------------------------------------

local function on_event(self, subscription, details, args, kwargs)
    local entry = self.subscriptions[subscription]
    if not entry then return end
    local callbacks = entry.callbacks
    for i = 1, #callbacks do
        local data = { details = details, argsList = args, argsDict = kwargs }
        told = true
        run(callbacks[i], data)
    end
end

-- Calls ------------------------------------------------------------------------------------------------------------

local function on_result(self, request, progress, details, args, kwargs)
    local call = self.requests[request]
    if not call then return end
    -- Two arguments always: spies count them.
    local outcome
    if args ~= nil or self.options.resultTable then outcome = result.hybrid(args or {}, kwargs, details) end
    if not progress then self.requests[request] = false end
    told = true
    run(call.on_success, outcome, kwargs)
end

-- What the core reads of a result or an error, which may be an object that inherits it from its class.
local function plain(value)
    if type(value) ~= 'table' or getmetatable(value) == nil then return value end
    return { error = value.error, uri = value.uri, details = value.details, options = value.options,
        argsList = value.argsList, argsDict = value.argsDict }
end

local function result_of(procedure, data)
    return plain((procedure(data)))
end

-- The caller waits: an answer that cannot be encoded is replaced by an error that says nothing.
local function reply(self, invocation, ok, value)
    if not ok then
        self:log('rpc raised', value)
        value = select(2, pcall(plain, value))
    end
    local answer = ok and self.core.yield or self.core.fail
    local sent, message = answer(self.core, invocation, value)
    if not sent then
        callback.report(message)
        self.core:fail(invocation, {})
    end
end

local function on_invocation(self, registration, invocation, details, args, kwargs)
    local entry = self.registrations[registration]
    if not entry then
        self.status = errors.status(errors.NON_EXIST_RPC_INVOCATION)
        return self.core:fail(invocation, { error = 'wamp.error.no_such_procedure' })
    end
    local data = { details = details, argsList = args, argsDict = kwargs }
    told = invocation
    reply(self, invocation, pcall(result_of, entry.rpc, data))
    told = true
end

local function on_unknown_invocation(self)
    self.status = errors.status(errors.NON_EXIST_RPC_INVOCATION)
end

-- Answers to requests ----------------------------------------------------------------------------------------------

-- These return the callback.
local acknowledged = {}

function acknowledged.publish(_, pending)
    return of(pending.callbacks, 'onSuccess')
end

function acknowledged.subscribe(_, pending)
    local entry = pending.entry
    local on_success = of(pending.callbacks, 'onSuccess')
    entry.confirmed = true
    pubsub.attach(entry, pending.on_event)
    entry.waiting = entry.waiting - 1
    return on_success
end

function acknowledged.unsubscribe(self, pending)
    local confirmation = pending.confirmation
    local on_success = confirmation.left == 1 and of(confirmation.callbacks, 'onSuccess')
    pubsub.forget(self, pending.entry)
    confirmation.left = confirmation.left - 1
    return on_success
end

function acknowledged.register(self, pending)
    self.procedures[pending.entry.procedure] = pending.entry
    return of(pending.callbacks, 'onSuccess')
end

function acknowledged.unregister(self, pending)
    rpc.forget(self, pending.entry)
    local callbacks = pending.callbacks
    return type(callbacks) == 'function' and callbacks or of(callbacks, 'onSuccess')
end

local function on_acknowledged(self, request)
    local pending = self.requests[request]
    if not pending then return end
    local on_success = acknowledged[pending.kind](self, pending)
    self.requests[request] = false
    told = true
    run(on_success)
end

local failed = {}

function failed.subscribe(self, entry)
    if entry.waiting == 1 and not entry.confirmed then pubsub.forget(self, entry) end
    entry.waiting = entry.waiting - 1
end

function failed.register(self, entry)
    rpc.forget(self, entry)
end

local function on_failed(self, request, uri, details, args, kwargs)
    local pending = self.requests[request]
    if not pending then return end
    local failure = { error = uri, details = details, argsList = args, argsDict = kwargs }
    local on_error = of(pending.callbacks, 'onError')
    local clean = failed[pending.kind]
    if clean then clean(self, pending.entry) end
    self.requests[request] = false
    told = true
    run(on_error, failure)
end

-- The session ------------------------------------------------------------------------------------------------------

-- The options tell what the router chose.
local function on_negotiated(self)
    local encoding = self.core:serializer()
    self.options.transportEncoding = encoding
    self.options.transportType = encoding == 'json' and 1 or 2
end

local function on_joined(self, first)
    on_negotiated(self)
    told = true
    notify(self, first and 'onConnect' or 'onReconnectSuccess')
end

local function on_reconnecting(self)
    told = true
    notify(self, 'onReconnect')
    self:reconfigure()
    self.core:proceed()
end

-- What is still waiting for an answer now will never get one; it is told in the order of the requests.
local function fail_open(requests)
    local numbers = {}
    for number, pending in pairs(requests) do
        if pending then numbers[#numbers + 1] = number end
    end
    table.sort(numbers)
    for _, number in ipairs(numbers) do
        local failure = { error = LOST, details = {}, argsList = { 'the connection is closed' } }
        local on_error = of(requests[number].callbacks, 'onError')
        requests[number] = false
        run(on_error, failure)
    end
end

local function on_closed(self)
    if not self.open then
        self.open = self:forget()
        self.core:reset()
    end
    fail_open(self.open)
    self.open = false
    told = true
    notify(self, 'onClose')
end

local function on_error(self, message, details)
    local failure = { error = message, details = details }
    told = true
    notify(self, 'onError', failure)
end

local function refuse(self, kind)
    notify(self, 'onError', { error = kind.description })
    self.status = errors.status(kind)
end

local function on_challenge(self, method, extra)
    on_negotiated(self)
    local options = self.options
    if not options.authid or type(options.onChallenge) ~= 'function' then
        self.core:refuse(errors.NO_CRA_CB_OR_ID.description)
        return refuse(self, errors.NO_CRA_CB_OR_ID)
    end
    told = true
    local channel = self.core:tls_exporter()
    local ok, signature, answer
    if channel then
        ok, signature, answer = pcall(options.onChallenge, method, extra, channel)
    else
        ok, signature, answer = pcall(options.onChallenge, method, extra)
    end
    if ok then return self.core:authenticate(signature, answer) end
    self:log('onChallenge raised', signature)
    self.core:refuse('Exception in onChallenge handler raised!')
    refuse(self, errors.CRA_EXCEPTION)
end

local function ignore() end

local handlers, names = {}, {}
for name, handler in pairs {
    EVENT = on_event, RESULT = on_result, INVOCATION = on_invocation, ACKNOWLEDGED = on_acknowledged,
    FAILED = on_failed, JOINED = on_joined, RECONNECTING = on_reconnecting, CLOSED = on_closed, ERROR = on_error,
    CHALLENGE = on_challenge, UNKNOWN_INVOCATION = on_unknown_invocation, INTERRUPT = ignore,
} do
    local kind = core.kinds[name]
    handlers[kind], names[kind] = handler, name
end

local function handle(self, kind, ...)
    if not kind then return false end
    told = false
    if self.options.debug == true then self:log(names[kind], ...) end
    handlers[kind](self, ...)
    return true
end

local function deliver(self)
    local client = self.core
    client:drive()
    while handle(self, client:next()) do end
end

-- For want of memory, the notice in hand was not told, or not answered.
local function take_back(self)
    if not told then return self.core:again() end
    if told ~= true then self.core:fail(told) end
end

-- Whatever goes wrong, and without memory anything may, the turn is brought to its end: the descriptor would stay
-- silent for ever otherwise. What is left is heard in the next one.
local function turn(self)
    self:refresh()
    local outer = told
    told = true
    local ok, problem = pcall(deliver, self)
    if not ok then pcall(take_back, self) end
    told = outer
    self:settle()
    if not ok then callback.report(problem) end
end

local yieldable = coroutine.isyieldable or function()
    local thread, is_main = coroutine.running()
    return thread and not is_main
end

--- Lets the core read and write, and hands out everything it noticed. No callback may suspend this: a call through a C
-- function without continuation is what makes `coroutine.yield` fail.
function M.drain(self)
    if not yieldable() then return turn(self) end
    string.gsub('.', '.', function() turn(self) end)
end

return M
