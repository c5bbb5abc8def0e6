--- A client that is never idle: it asks for all there is to ask for, and every question must have exactly one outcome.

local loowy = require 'loowy.client'
local random = require 'soak.support.random'

local M = {}

local Worker = {}
Worker.__index = Worker

-- So many subscriptions, and so many procedures, come and go.
local MOST = 10

-- A new question: callbacks that tell its outcome; with success, `item` is added to `list`.
function Worker:ask(what, more, list, item)
    local callbacks, answered = more or {}, false
    self.asked = self.asked + 1
    self.open = self.open + 1
    local number = self.asked
    self.waiting[number] = what
    local function outcome(failure)
        assert(not answered, what .. ' has two outcomes')
        answered = true
        self.open = self.open - 1
        self.waiting[number] = nil
        if not failure then
            if list then list[#list + 1] = item end
            return
        end
        self.failed[failure.error] = (self.failed[failure.error] or 0) + 1
    end
    callbacks.onSuccess = function() outcome() end
    callbacks.onError = outcome
    return callbacks
end

local deeds = {}

function deeds.publish(self)
    self.client:publish(self.name .. '.work', { self.asked }, self:ask 'a publication')
end

function deeds.call(self)
    local limit = random.percent(20) and 30000 or nil
    self.client:call('soak.any.wild', { self.asked }, self:ask 'a call', { timeout = limit })
    self.last_call = self.client:getOpStatus().reqId
end

function deeds.cancel(self)
    if self.last_call then self.client:cancel(self.last_call, {}) end
end

function deeds.subscribe(self)
    local topic = ('%s.topic%d'):format(self.name, self.asked)
    if #self.topics >= MOST then return end
    local callbacks = { onEvent = function() end }
    self.client:subscribe(topic, self:ask('a subscription', callbacks, self.topics, topic))
end

function deeds.unsubscribe(self)
    local topic = table.remove(self.topics, 1)
    if topic then self.client:unsubscribe(topic, self:ask 'the end of a subscription') end
end

function deeds.register(self)
    local procedure = ('%s.procedure%d'):format(self.name, self.asked)
    if #self.procedures >= MOST then return end
    local callbacks = { rpc = function() return { argsList = { 1 } } end }
    self.client:register(procedure, self:ask('a registration', callbacks, self.procedures, procedure))
end

function deeds.unregister(self)
    local procedure = table.remove(self.procedures, 1)
    if procedure then self.client:unregister(procedure, self:ask 'the end of a registration') end
end

local names = { 'publish', 'publish', 'call', 'call', 'cancel', 'subscribe', 'unsubscribe', 'register', 'unregister' }

--- What has no outcome yet, as a text.
function Worker:unanswered()
    local list = {}
    for number, what in pairs(self.waiting) do list[#list + 1] = ('%s (question %d)'):format(what, number) end
    table.sort(list)
    local session = self.client:getSessionId() and 'in a session' or 'without a session'
    return ('%s, %s: %s'):format(self.name, session, table.concat(list, ', '))
end

--- Asks for something.
function Worker:work()
    deeds[random.of(names)](self)
end

-- The callbacks of the session come in their order, and none but them.
function Worker:watch_session()
    local options, trying = self.client:options(), false
    options.onConnect = function() self.sessions = self.sessions + 1 end
    options.onReconnect = function() trying = true end
    options.onReconnectSuccess = function()
        assert(trying, 'onReconnectSuccess without onReconnect')
        trying = false
        self.sessions = self.sessions + 1
    end
    options.onError = function(failure)
        self.failed[failure.error] = (self.failed[failure.error] or 0) + 1
    end
    options.onClose = function() self.closed = true end
end

-- What is to last, with its options and all its callbacks.
function Worker:settle_down()
    self.events, self.served = { 0, 0, 0 }, 0
    local function count(i)
        return function() self.events[i] = self.events[i] + 1 end
    end
    self.client:subscribe('soak.pre', self:ask('a subscription', { onEvent = count(1) }), { match = 'prefix' })
    self.client:subscribe('soak.pre', self:ask('a subscription', { onEvent = count(2) }), { match = 'prefix' })
    self.client:subscribe('soak..wild', self:ask('a subscription', { onEvent = count(3) }), { match = 'wildcard' })
    local function serve()
        self.served = self.served + 1
        return { argsList = { self.name } }
    end
    self.client:register('soak..wild', self:ask('a registration', { rpc = serve }),
        { match = 'wildcard', invoke = 'roundrobin' })
end

--- A client at that URL.
function M.worker(name, url)
    local self = setmetatable({ name = name, sessions = 0, asked = 0, open = 0, waiting = {}, failed = {}, topics = {},
        procedures = {} }, Worker)
    self.client = loowy.new(nil, { realm = 'realm1', reconnectInterval = 0.02, maxRetries = math.huge })
    self:watch_session()
    self:settle_down()
    self.client:connect(url)
    return self
end

return M
