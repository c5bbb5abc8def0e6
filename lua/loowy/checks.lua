--- What the methods check before anything is sent: a local mistake costs no request id and reaches no router.

local callback = require 'loowy.callback'
local core = require 'loowy_core'
local errors = require 'loowy.errors'
local uri = require 'loowy.uri'

local M = {}

local getmetatable, ipairs, type = getmetatable, ipairs, type

--- Sets the status of a local mistake and tells `callbacks.onError`, if there is one.
function M.refuse(self, kind, callbacks)
    self.status = errors.status(kind)
    local on_error = callback.of(callbacks, 'onError')
    if on_error then on_error { error = kind.description } end
end

-- What was answered is false in the table, so that it grows. Lua would arrange a table of members that come and go
-- anew again and again: with each one, as long as about 64 or 256 of them are there.
local function sweep(self, request)
    self.sweep_at = request + 256 + core.sweep(self.requests) / 4
end

--- Sets the status of a request that was sent or queued. A core that took nothing says why in `message`: the name of a
-- status, or else what is raised at the line of the method's caller.
function M.accepted(self, request, message, callbacks)
    if request then
        self.status = request
        if request > self.sweep_at then sweep(self, request) end
        return true
    end
    local kind = errors[message]
    if not kind then error(message, 4) end
    M.refuse(self, kind, callbacks)
    return false
end

--- The options that have these names, as the core reads them: those that an object inherits are its own.
function M.own(options, names)
    if type(options) ~= 'table' or getmetatable(options) == nil then return options end
    local result = {}
    for _, name in ipairs(names) do result[name] = options[name] end
    return result
end

--- Checks the URI and that the router has the role; returns the URI, or nil after refusing.
-- @param spec `method` for messages, `reserved` if `wamp.` URIs are allowed, `role` and its `missing` status unless the
-- core looks at that
function M.addressed(self, value, spec, callbacks, match)
    local rule = self.options.uriValidation
    if not uri.known(value, match, rule) then
        value = uri.from(value, spec.method, 4)
        if not uri.valid(value, match, rule, spec.reserved) then return M.refuse(self, errors.URI_ERROR, callbacks) end
    end
    if spec.role and not M.served(self, spec, callbacks) then return nil end
    return value
end

--- Checks that the router has the role. Without a session nobody can know, and the message waits for one.
function M.served(self, spec, callbacks)
    if self.core:role(spec.role) == false then
        M.refuse(self, spec.missing, callbacks)
        return false
    end
    return true
end

return M
