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

local function notify(self, name, ...)
    run(self.options[name], ...)
end

-- EVENT ------------------------------------------------------------------------------------------------------------

local function on_event(self, subscription, details, args, kwargs)
    local entry = self.subscriptions[subscription]
    if not entry then return end
    local callbacks = entry.callbacks
    for i = 1, #callbacks do
        run(callbacks[i], { details = details, argsList = args, argsDict = kwargs })
    end
end

-- Calls ------------------------------------------------------------------------------------------------------------

local function on_result(self, request, progress, details, args, kwargs)
    local call = self.requests[request]
    if not call then return end
    if not progress then self.requests[request] = false end
    -- Two arguments always: spies count them.
    if args == nil and not self.options.resultTable then return run(call.on_success, nil, nil) end
    run(call.on_success, result.hybrid(args or {}, kwargs, details), kwargs)
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
    reply(self, invocation, pcall(result_of, entry.rpc, { details = details, argsList = args, argsDict = kwargs }))
end

local function on_unknown_invocation(self)
    self.status = errors.status(errors.NON_EXIST_RPC_INVOCATION)
end

-- Answers to requests ----------------------------------------------------------------------------------------------

local acknowledged = {}

function acknowledged.publish(_, pending)
    run(of(pending.callbacks, 'onSuccess'))
end

function acknowledged.subscribe(_, pending)
    local entry = pending.entry
    entry.waiting = entry.waiting - 1
    entry.confirmed = true
    pubsub.attach(entry, pending.on_event)
    run(of(pending.callbacks, 'onSuccess'))
end

function acknowledged.unsubscribe(self, pending)
    pubsub.forget(self, pending.entry)
    local confirmation = pending.confirmation
    confirmation.left = confirmation.left - 1
    if confirmation.left == 0 then run(of(confirmation.callbacks, 'onSuccess')) end
end

function acknowledged.register(self, pending)
    self.procedures[pending.entry.procedure] = pending.entry
    run(of(pending.callbacks, 'onSuccess'))
end

function acknowledged.unregister(self, pending)
    rpc.forget(self, pending.entry)
    local callbacks = pending.callbacks
    run(type(callbacks) == 'function' and callbacks or of(callbacks, 'onSuccess'))
end

local function on_acknowledged(self, request)
    local pending = self.requests[request]
    if not pending then return end
    self.requests[request] = false
    acknowledged[pending.kind](self, pending)
end

local failed = {}

function failed.subscribe(self, entry)
    entry.waiting = entry.waiting - 1
    if entry.waiting == 0 and not entry.confirmed then pubsub.forget(self, entry) end
end

function failed.register(self, entry)
    rpc.forget(self, entry)
end

local function on_failed(self, request, uri, details, args, kwargs)
    local pending = self.requests[request]
    if not pending then return end
    self.requests[request] = false
    local clean = failed[pending.kind]
    if clean then clean(self, pending.entry) end
    run(of(pending.callbacks, 'onError'), { error = uri, details = details, argsList = args, argsDict = kwargs })
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
    notify(self, first and 'onConnect' or 'onReconnectSuccess')
end

local function on_reconnecting(self)
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
        run(of(requests[number].callbacks, 'onError'), failure)
    end
end

local function on_closed(self)
    local open = self.requests
    self:forget()
    self.core:reset()
    fail_open(open)
    notify(self, 'onClose')
end

local function on_error(self, message, details)
    notify(self, 'onError', { error = message, details = details })
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
    local ok, signature = pcall(options.onChallenge, method, extra)
    if ok then return self.core:authenticate(signature) end
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
    if self.options.debug == true then self:log(names[kind], ...) end
    handlers[kind](self, ...)
    return true
end

local function deliver(self)
    local client = self.core
    client:drive()
    while handle(self, client:next()) do end
end

-- Whatever goes wrong, and without memory anything may, the turn is brought to its end: the descriptor would stay
-- silent for ever otherwise. What is left is heard in the next one.
local function turn(self)
    self:refresh()
    local ok, problem = pcall(deliver, self)
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
