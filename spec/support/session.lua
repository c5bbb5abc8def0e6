--- A core client in a session with a router that the spec plays itself, in either format.

local core = require 'loowy_core'
local wire = require 'spec.support.wire'

local M = {}

local WELCOME = { roles = { broker = { features = {} }, dealer = { features = {} } } }

-- Only a failing spec waits for it.
local LIMIT = 20

local KINDS = {}
for name, kind in pairs(core.kinds) do
    KINDS[kind] = name
end

local Session = {}
Session.__index = Session

--- Waits for the next notice: its name and what belongs to it, as a list.
function Session:notice()
    local deadline = os.time() + LIMIT
    while os.time() < deadline do
        self.client:drive()
        local notice = { self.client:next() }
        self.client:finish()
        if notice[1] then
            notice[1] = KINDS[notice[1]]
            return notice
        end
        self.client:wait(1)
    end
    error('no notice came', 2)
end

--- Says a message in the name of the router.
function Session:say(message)
    self.peer:send((assert(core.encode(self.format, message))))
end

--- What the client said next, as bytes.
function Session:heard()
    return self.peer:receive()
end

--- A procedure is registered: its INVOCATION number `id` comes, with that rest.
function Session:invoke(id, ...)
    self:say { 68, id, 1000, setmetatable({}, { __jsontype = 'object' }), ... }
    return self:notice()
end

function Session:close()
    self.peer:close()
    self.listener:close()
    self.client:abort()
end

--- A session in that format, `'json'` or `'msgpack'`.
function M.open(format)
    local listener = wire.listen()
    local client = core.client()
    assert(client:configure {
        realm = 'realm1',
        encodings = { format },
        hello = { roles = { caller = {} } },
        autoReconnect = false,
    })
    assert(client:connect(listener.url))
    local self = setmetatable({ listener = listener, client = client, format = format,
        peer = listener:accept('wamp.2.' .. format) }, Session)
    self:heard()
    self:say { 2, 4711, WELCOME }
    assert(self:notice()[1] == 'JOINED')
    return self
end

--- The same with the procedure `x.y` registered under number 7.
function M.callee(format)
    local self = M.open(format)
    assert(self.client:register(7, 'x.y'))
    self:heard()
    self:say { 65, 1, 1000 }
    assert(self:notice()[1] == 'ACKNOWLEDGED')
    return self
end

return M
