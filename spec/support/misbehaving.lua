--- A client in a session with a router that will misbehave, and a second client of the same program that must not
-- notice: what each of them sees, and what the router gets.

local ev = require 'ev'
local helper = require 'spec.helper'
local luassert = require 'luassert'
local wire = require 'spec.support.wire'

local M = {}

local unpack = table.unpack or unpack -- luacheck: ignore 143

local open = {}

-- What would be printed: a router cannot make our own code raise errors.
local stderr, printed

local function listen_to_stderr()
    if printed then return end
    stderr, printed = io.stderr, {}
    io.stderr = { write = function(_, ...) printed[#printed + 1] = table.concat { ... } end } -- luacheck: ignore 122
end

local VIOLATION = 'wamp.error.protocol_violation'
local SUBSCRIPTION, REGISTRATION = 5, 7

local function object(value) return setmetatable(value, { __jsontype = 'object' }) end

local ROLES = object { broker = object {}, dealer = object {} }

local Faulty = {}
Faulty.__index = Faulty

--- Says messages, tables or the bytes of one, in the name of the router.
function Faulty:say(...)
    for _, message in ipairs { ... } do
        self.peer:send(type(message) == 'table' and self.serializer.encode(message) or message)
    end
end

--- The client's next message.
function Faulty:heard(code)
    local message = self.serializer.decode(self.peer:receive())
    luassert.equal(code, message[1])
    return message
end

--- Waits for the next connection, up to its HELLO.
function Faulty:accept()
    self.peer = self.listener:accept('wamp.2.' .. self.format)
    open[#open + 1] = self.peer
    self:heard(1)
end

--- The session opens, and the client's subscription and registration are confirmed.
function Faulty:welcome()
    self:say { 2, 100001, object { roles = ROLES } }
    self.box:expect(self.joined and 'onReconnectSuccess' or 'onConnect')
    if not self.joined then
        self.client:subscribe('a.topic', self.box:on 'event')
        self.client:register('a.procedure', function(call) return { argsList = call.argsList } end)
    end
    self.joined = true
    self:say({ 33, self:heard(32)[2], SUBSCRIPTION }, { 65, self:heard(64)[2], REGISTRATION })
end

--- Runs the loop until the client has taken in what was said: the event that follows it is told.
function Faulty:hears_event()
    self:say { 36, SUBSCRIPTION, 1, object {}, { 'x' } }
    luassert.same({ 'x' }, self.box:expect('event').argsList)
end

--- Events, invocations and calls go through.
function Faulty:works()
    self:hears_event()
    local invocation = (self.invocation or 0) + 1
    self.invocation = invocation
    self:say { 68, invocation, REGISTRATION, object {}, { 'y' } }
    self.client:call('b.procedure', 1, self.box:callbacks('onSuccess', 'onError'))
    self:say { 50, self:heard(48)[2], object {}, { 'z' } }
    luassert.same({ 'z' }, (self.box:expect 'onSuccess'))
    local answer = self:heard(70)
    luassert.same({ invocation, { 'y' } }, { answer[2], answer[4] })
    luassert.equal('', self.box:names())
    luassert.equal(100001, self.client:getSessionId())
end

--- The attempt that follows a loss leads to a session in which all works, or to another HELLO where there was none.
function Faulty:reconnects()
    self.box:expect 'onReconnect'
    luassert.is_nil(self.client:getSessionId())
    self:accept()
    if not self.joined then return luassert.equal('', self.box:names()) end
    self:welcome()
    self:works()
end

--- The life is over, and nothing more is told.
function Faulty:closes()
    self.box:expect 'onClose'
    luassert.equal('', self.box:names())
    luassert.is_nil(self.client:getSessionId())
    luassert.same({ code = 0, description = 'Success!', reqId = 0 }, self.client:getOpStatus())
end

local AFTERWARDS = {
    ['goes on'] = Faulty.works,
    reconnects = Faulty.reconnects,
    closes = Faulty.closes,
}

--- What onError is told: the text, or the violation with that message. In both, `…` stands for anything.
local function told(box, expected)
    local failure = box:expect 'onError'
    local said = failure.error
    if expected.violation then
        luassert.equal(VIOLATION, failure.error)
        said = failure.details.message
    else
        luassert.is_nil(failure.details)
    end
    local pattern = (expected.violation or expected.error):gsub('%p', '%%%0'):gsub('…', '.*')
    luassert.truthy(said:find('^' .. pattern .. '$'), ('said: %s'):format(said))
end

local function code_of(content)
    local first, second = content:byte(1, 2)
    return first and first * 256 + second or 'none'
end

--- What the router gets: an ABORT where the protocol was broken, and a close frame.
function Faulty:gets(expected)
    local frames = self.peer:farewell()
    local kinds = {}
    for i, frame in ipairs(frames) do kinds[i] = frame[1] end
    if expected.violation then
        local kind, content = unpack(table.remove(frames, 1) or { 'nothing' })
        luassert.equal(self.peer.kind, kind)
        local abort = self.serializer.decode(content)
        luassert.same({ 3, VIOLATION }, { abort[1], abort[3] })
    end
    local last = frames[#frames]
    luassert.equal(expected.close, last and last[1] == 'close' and code_of(last[2]) or nil, table.concat(kinds, ' '))
    return frames
end

--- Lets the router do something, and compares with what the case expects:
--
-- - `violation`: the message of the protocol violation that onError is told and the router gets as ABORT; or
--   `error`: the text that onError is told; or neither, and onError is not called;
-- - `close`: the code of the close frame that the router gets;
-- - `next`: 'goes on', 'reconnects' or 'closes'.
function Faulty:sees(case, act, ...)
    act(self, ...)
    local follows = case.next or 'reconnects'
    local close = case.close or case.violation and 1000 or nil
    if case.violation or case.error then told(self.box, case) end
    if follows ~= 'goes on' then
        if close then self:gets { violation = case.violation, close = close } end
        self.peer:close()
    end
    AFTERWARDS[follows](self)
end

--- Runs a table of cases, one after the other on the same client, which has to be as good as new after each. A case is
-- `{ what the router sends, …, what is expected }`; its failure names it.
function Faulty:plays(cases, act)
    for number, case in ipairs(cases) do
        local ok, message = pcall(self.sees, self, case, act, case)
        if not ok then
            local text = type(message) == 'table' and message.message or tostring(message)
            local name = case.name or helper.show(case[1])
            error(('case %d (%s): %s'):format(number, name:gsub('[^ -~]', '.'):sub(1, 120), tostring(text)), 0)
        end
    end
    if self.other then self.other:works() end
end

local function new(format, options)
    listen_to_stderr()
    local box, listener = helper.mailbox(), wire.listen()
    open[#open + 1] = listener
    local all = box:callbacks('onConnect', 'onClose', 'onError', 'onReconnect', 'onReconnectSuccess')
    all.transportEncoding, all.reconnectInterval = format, 0.001
    for name, value in pairs(options or {}) do all[name] = value end
    local client = helper.client(all)
    client:connect(listener.url)
    return setmetatable({ box = box, listener = listener, client = client, format = format,
        serializer = require('loowy.' .. format .. '_serializer') }, Faulty)
end

--- A client whose connection comes next: up to the listener's `request()` or `accept()`.
function M.connecting(options, format)
    return new(format or 'json', options)
end

--- A client that has said HELLO.
function M.greeted(options, format)
    local self = new(format or 'json', options)
    self:accept()
    return self
end

--- A client in a session.
function M.joined(options, format)
    local self = M.greeted(options, format)
    self:welcome()
    return self
end

--- The same beside another one, on a router of its own that behaves.
function M.beside(options, format)
    local self = M.joined(options, format)
    self.other = M.joined(nil, format)
    return self
end

--- Closes what the spec has opened.
function M.close()
    for _, socket in ipairs(open) do socket:close() end
    open = {}
    helper.close()
    if not printed then return end
    local said = table.concat(printed)
    io.stderr, printed = stderr, nil -- luacheck: ignore 122
    luassert.equal('', said)
end

M.object = object

--- Another socket that is closed after the spec.
function M.opened(socket)
    open[#open + 1] = socket
end

--- The loop ends by itself: nothing is left to do.
function M.idle()
    ev.Loop.default:loop()
end

return M
