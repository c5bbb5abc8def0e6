--- What the methods check before anything is sent: a local mistake costs no request id and reaches no router.

local callback = require 'loowy.callback'
local core = require 'loowy_core'
local errors = require 'loowy.errors'
local uri = require 'loowy.uri'

local M = {}

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

--- Sets the status of a request that was sent or queued. A core that took nothing says why in `message`: that is
-- raised at the line of the method's caller, unless it is the queue that is full.
function M.accepted(self, request, message, callbacks)
    if request then
        self.status = request
        if request > self.sweep_at then sweep(self, request) end
        return true
    end
    if message == 'full' then
        M.refuse(self, errors.QUEUE_FULL, callbacks)
        return false
    end
    error(message, 4)
end

--- Checks the URI and that the router has the role; returns the URI, or nil after refusing.
-- @param spec `method` for messages, `role` and its `missing` status, `reserved` if `wamp.` URIs are allowed
function M.addressed(self, value, spec, callbacks, match)
    local rule = self.options.uriValidation
    if not uri.known(value, match, rule) then
        value = uri.from(value, spec.method, 4)
        if not uri.valid(value, match, rule, spec.reserved) then return M.refuse(self, errors.URI_ERROR, callbacks) end
    end
    return M.served(self, spec, callbacks) and value or nil
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
