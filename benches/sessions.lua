-- The sessions of a benchmark, all in this process, and the end of it when anything goes wrong.

local ev = require 'ev'
local loowy = require 'loowy.client'

local M = {
    url = arg[1] or 'ws://127.0.0.1:8080/ws',
    realm = arg[2] or 'realm1',
    encoding = arg[3] or 'json',
    loop = ev.Loop.default,
}

local unique = ('%d_%s'):format(os.time() % 1e5, tostring({}):match('%x+$'))
local ca = os.getenv('BENCH_CA')

-- A topic or procedure that no other run has.
function M.uri(name)
    return 'bench.' .. name .. '_' .. unique
end

-- A callback for `onError`.
function M.fail(what)
    return function(failure)
        local first = failure.argsList and failure.argsList[1]
        print(('# FAILED %s: %s %s'):format(what, tostring(failure.error), tostring(first or '')))
        os.exit(3)
    end
end

function M.join(what, onConnect)
    local client
    client = loowy.new(M.url, {
        realm = M.realm,
        transportEncoding = M.encoding,
        autoReconnect = false,
        maxRetries = 0,
        tls = ca and { ca = ca } or nil,
        onConnect = function() onConnect(client) end,
        onClose = function() M.fail(what) { error = 'connection closed' } end,
        onError = M.fail(what),
    })
    return client
end

-- `M.caller` calls and publishes, `M.callee` is called and subscribes.
function M.open(ready)
    M.caller = M.join('caller', function()
        M.callee = M.join('callee', ready)
    end)
end

return M
