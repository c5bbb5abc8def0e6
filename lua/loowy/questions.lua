--- What a router asks, answered by the callbacks of its configuration.
--
-- Each question runs in a coroutine of its own, so that a callback may wait: it yields, and whoever has what it waits
-- for resumes it. Everybody else is served meanwhile. Who is not answered within `joinTimeout` is refused; a request
-- that is not within `authorizer.timeout` fails.

local callback = require 'loowy.callback'
local callbacks = require 'loowy.callbacks'

local M = {}

local coroutine, pcall, type = coroutine, pcall, type

-- Questions of one turn: others in the loop want theirs, too.
local TURN = 64

local OPTIONS = {
    ticket = 'ticket', wampcra = 'wampCRA', ['wamp-scram'] = 'wampSCRAM', scram = 'wampSCRAM',
    cryptosign = 'cryptosign', cookie = 'cookieAuth',
    -- Not a method, but the matter itself.
    authorize = 'authorizer', trust = 'trustLevels',
}

-- The name of the callback and its arguments in front of the question itself.
local matters = {}

function matters.credentials(question)
    return 'credentialsCallback', question.authid
end

function matters.challenge(question)
    return 'challengeCallback', question.session, question.authid
end

function matters.judgement(question)
    if question.method == 'wampcra' then return 'authCallback', question.session, question.signature end
    return 'authCallback', question.authid, question.signature
end

function matters.cookie(question)
    return 'authCallback', question.cookie
end

function matters.authorize(question)
    return 'authCallback', question.session, question.action, question.uri, question.options
end

function matters.trust(question)
    return 'authCallback', question.ip, question.realm, question.authid, question.authrole
end

-- Lua 5.1 cannot yield out of a protected call.
local can_yield = (function()
    local thread = coroutine.create(function() pcall(coroutine.yield) end)
    coroutine.resume(thread)
    return coroutine.status(thread) == 'suspended'
end)()

local function report(self, name, problem)
    callback.run(self.log, 'error', name .. ': ' .. problem)
end

local function answer(self, id, name, value)
    local ok, problem = self.core:answer(id, value)
    if not ok then report(self, name, problem) end
end

local function fail(self, id, name, problem)
    self.core:refuse(id)
    report(self, name, callback.describe(problem))
end

local function ask(self, id, name, fn, ...)
    if not can_yield then return answer(self, id, name, (fn(...))) end
    local ok, value = pcall(fn, ...)
    if ok then return answer(self, id, name, value) end
    fail(self, id, name, value)
end

local function arguments(question, name, ...)
    local args = { n = select('#', ...) + 1, ... }
    args[args.n] = question
    return name, args
end

local unpack = table.unpack or unpack -- luacheck: ignore 143

local function handle(self, question)
    local option = OPTIONS[question.method or question.matter]
    local name, args = arguments(question, matters[question.matter](question))
    local fn = callbacks.find(self.callbacks, question.realm, option, name)
    name = option .. '.' .. name
    if type(fn) ~= 'function' then return fail(self, question.id, name, 'there is no such callback') end
    local thread = coroutine.create(ask)
    local ok, problem = coroutine.resume(thread, self, question.id, name, fn, unpack(args, 1, args.n))
    if not ok then fail(self, question.id, name, problem) end
end

local news = {}

-- Calls what is told of sessions.
local function inform(self, name, session)
    local fn = self.on[name]
    if not fn then return end
    local ok, problem = pcall(fn, session)
    if not ok then report(self, name, callback.describe(problem)) end
end

function news.joined(self, session) inform(self, 'onJoin', session) end

function news.left(self, session) inform(self, 'onLeave', session) end

function news.missed(self, count)
    callback.run(self.log, 'warning', ('%d calls of onJoin and onLeave were dropped'):format(count))
end

function news.line(self, line)
    callback.run(self.log, line.level, line.message)
end

function news.missed_lines(self, count)
    callback.run(self.log, 'warning', ('%d lines of the log were dropped'):format(count))
end

local function tell(self)
    for _ = 1, TURN do
        local kind, value = self.core:news()
        if not kind then return end
        news[kind](self, value)
    end
end

--- Tells all that a router which was stopped has still to tell.
function M.tell_the_rest(self)
    local kind, value = self.core:last_news()
    while kind do
        news[kind](self, value)
        kind, value = self.core:last_news()
    end
end

--- Begins to answer what there is and tells what there is to tell, or much of it.
-- @return false in a process that the router does not run in
function M.answer_all(self)
    tell(self)
    for _ = 1, TURN do
        local question = self.core:ask()
        if not question then return question ~= false end
        local ok, problem = pcall(handle, self, question)
        if not ok then callback.report(problem) end
    end
    return true
end

return M
