--- What `getOpStatus()` says after each outcome of a method.

local DESCRIPTIONS = {
    [0] = 'Success!',
    [1] = "Topic URI doesn't meet requirements!",
    [2] = "Server doesn't provide broker role!",
    [3] = 'No required callback function specified!',
    [4] = 'Invalid parameter(s) specified!',
    [7] = 'Trying to unsubscribe from non existent subscription!',
    [12] = "Server doesn't provide dealer role!",
    [15] = 'RPC already registered!',
    [17] = 'Received rpc unregistration confirmation for non existent rpc!',
    [20] = 'No RPC calls in action with specified request ID!',
    [21] = 'No realm specified!',
}

local M = {}

--- The status of that code, of a request where there was one.
function M.status(code, request)
    return { code = code, description = DESCRIPTIONS[code], reqId = request }
end

--- What `onError` of a local error is given.
function M.failure(code)
    return { error = DESCRIPTIONS[code] }
end

return M
