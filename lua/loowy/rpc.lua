--- The caller's and the callee's methods.

local callback = require 'loowy.callback'
local checks = require 'loowy.checks'
local errors = require 'loowy.errors'

local M = {}

local type = type

local DEALER = { role = 'dealer', missing = errors.NO_DEALER }
local CALL = { method = 'call', reserved = true }
local CANCEL = { method = 'cancel', role = 'dealer', missing = errors.NO_DEALER }
local REGISTER = { method = 'register', role = 'dealer', missing = errors.NO_DEALER }
local UNREGISTER = { method = 'unregister', role = 'dealer', missing = errors.NO_DEALER }

local CANCEL_MODES = { skip = true, kill = true, killnowait = true }
local MATCHES = { prefix = true, wildcard = true }
local INVOKES = { single = true, roundrobin = true, random = true, first = true, last = true }

local CALL_OPTIONS = { 'disclose_me', 'receive_progress', 'timeout' }

--- `call(procedure, payload, callbacks [, advancedOptions])`
function M.call(self, procedure, payload, callbacks, advanced)
    procedure = checks.addressed(self, procedure, CALL, callbacks)
    if not procedure then return end
    local on_success = type(callbacks) == 'function' and callbacks or callback.of(callbacks, 'onSuccess')
    if not on_success then
        return checks.served(self, DEALER, callbacks) and checks.refuse(self, errors.NO_CALLBACK_SPEC, callbacks)
    end

    local options = advanced and checks.own(advanced, CALL_OPTIONS)
    local pending = { kind = 'call', on_success = on_success, callbacks = callbacks }
    local request, message = self.core:call(procedure, payload, options, self.requests, pending)
    checks.accepted(self, request, message, callbacks)
end

--- `cancel(reqId [, callbacks [, advancedOptions]])`
function M.cancel(self, request, callbacks, advanced)
    if not checks.served(self, CANCEL, callbacks) then return end
    local pending = request ~= nil and self.requests[request]
    if not pending or pending.kind ~= 'call' then
        return checks.refuse(self, errors.NON_EXIST_RPC_REQ_ID, callbacks)
    end
    local mode
    if type(advanced) == 'table' then
        mode = advanced.mode
        if not CANCEL_MODES[mode or 1] then return checks.refuse(self, errors.INVALID_PARAM, callbacks) end
    end

    self.core:cancel(request, mode)
    self.status = request
    local on_success = type(callbacks) == 'function' and callbacks or callback.of(callbacks, 'onSuccess')
    if on_success then on_success() end
end

-- The options of REGISTER; false where one is none of its values.
local function register_options(advanced)
    if type(advanced) ~= 'table' then return nil end
    local match, invoke = advanced.match, advanced.invoke
    if match ~= nil and not MATCHES[match] then return false end
    if invoke ~= nil and not INVOKES[invoke] then return false end
    return { match = match, invoke = invoke }
end

--- `register(procedure, callbacks [, advancedOptions])`
function M.register(self, procedure, callbacks, advanced)
    local options = register_options(advanced)
    if options == false then return checks.refuse(self, errors.INVALID_PARAM, callbacks) end
    procedure = checks.addressed(self, procedure, REGISTER, callbacks, options and options.match)
    if not procedure then return end
    local rpc = type(callbacks) == 'function' and callbacks or callback.of(callbacks, 'rpc')
    if not rpc then return checks.refuse(self, errors.NO_CALLBACK_SPEC, callbacks) end
    if self.procedures[procedure] then return checks.refuse(self, errors.RPC_ALREADY_REGISTERED, callbacks) end

    local entry = { id = self:new_id(), procedure = procedure, match = options and options.match, rpc = rpc }
    local pending = { kind = 'register', entry = entry, callbacks = callbacks }
    self.registrations[entry.id] = entry
    local request, message = self.core:register(entry.id, procedure, options, self.requests, pending)
    if not request then self.registrations[entry.id] = nil end
    checks.accepted(self, request, message, callbacks)
end

--- Forgets a registration, here and in the index by procedure.
function M.forget(self, entry)
    self.registrations[entry.id] = nil
    if self.procedures[entry.procedure] == entry then self.procedures[entry.procedure] = nil end
end

--- `unregister(procedure [, callbacks])`
function M.unregister(self, procedure, callbacks)
    local known = self.procedures[procedure]
    procedure = checks.addressed(self, procedure, UNREGISTER, callbacks, known and known.match)
    if not procedure then return end
    local entry = self.procedures[procedure]
    if not entry then return checks.refuse(self, errors.NON_EXIST_RPC_UNREG, callbacks) end

    local pending = { kind = 'unregister', entry = entry, callbacks = callbacks }
    local request, message = self.core:unregister(entry.id, self.requests, pending)
    checks.accepted(self, request, message, callbacks)
end

return M
