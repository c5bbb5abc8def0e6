--- The status codes of an instance's last operation, as `getOpStatus()` tells them.
-- The numbers and texts are part of the public interface; gaps in the numbering are historical.

local M = {}

M.SUCCESS               = { code = 0, description = 'Success!' }
M.URI_ERROR             = { code = 1, description = "Topic URI doesn't meet requirements!" }
M.NO_BROKER             = { code = 2, description = "Server doesn't provide broker role!" }
M.NO_CALLBACK_SPEC      = { code = 3, description = 'No required callback function specified!' }
M.INVALID_PARAM         = { code = 4, description = 'Invalid parameter(s) specified!' }
M.NON_EXIST_UNSUBSCRIBE = { code = 7, description = 'Trying to unsubscribe from non existent subscription!' }
M.QUEUE_FULL            = { code = 8, description = 'Too many messages are waiting to be sent!' }
M.NO_DEALER             = { code = 12, description = "Server doesn't provide dealer role!" }
M.RPC_ALREADY_REGISTERED = { code = 15, description = 'RPC already registered!' }
M.NON_EXIST_RPC_UNREG   = { code = 17, description = 'Received rpc unregistration confirmation for non existent rpc!' }
M.NON_EXIST_RPC_INVOCATION = { code = 19, description = 'Received invocation for non existent rpc!' }
M.NON_EXIST_RPC_REQ_ID  = { code = 20, description = 'No RPC calls in action with specified request ID!' }
M.NO_REALM              = { code = 21, description = 'No realm specified!' }
M.NO_CRA_CB_OR_ID       = { code = 23,
    description = 'No onChallenge callback or authid was provided for authentication!' }
M.CRA_EXCEPTION         = { code = 24, description = 'Exception raised during CRA challenge processing' }

--- A fresh status table: `{ code, description, reqId }`.
function M.status(kind, reqId)
    return { code = kind.code, description = kind.description, reqId = reqId }
end

--- The status of a client. After a request that was accepted `self.status` is its number, until somebody asks.
function M.status_of(self)
    if type(self.status) == 'number' then self.status = M.status(M.SUCCESS, self.status) end
    return self.status
end

return M
