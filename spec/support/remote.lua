--- Other people's clients, each in a process of its own that is told what to do: see spec/peers/remote.js.

local helper = require 'spec.helper'

local M = {}

local NODE = 'NODE_PATH=.deps/node/node_modules timeout 300 node spec/peers/remote.js '
local PYTHON = 'timeout 300 .deps/python/bin/python spec/peers/remote.py '

-- None outlives the specs for long, whatever becomes of them.
local COMMANDS = {
    ['Autobahn|Python'] = PYTHON .. 'asyncio',
    ['Autobahn|Python on Twisted'] = PYTHON .. 'twisted',
    ['Autobahn|JS'] = NODE .. 'autobahn',
    ['Wampy.js'] = NODE .. 'wampy',
}

local Process, Session = {}, {}
Process.__index, Session.__index = Process, Session

--- Starts that client, which comes to the realm `control` of the router at `url`, and trusts the certificates in the
-- file `ca`. Returns it when it waits to be told what to do.
function M.start(name, url, ca)
    local command = ('SSL_CERT_FILE=%s NODE_EXTRA_CA_CERTS=%s %s %s 2>&1'):format(ca, ca, COMMANDS[name], url)
    local self = setmetatable({ pipe = io.popen(command), sessions = {}, count = 0 }, Process)
    local said = {}
    repeat
        said[#said + 1] = self.pipe:read '*l' or error('the peer did not start: ' .. table.concat(said, '\n'))
    until said[#said] == 'ready'
    self.director = helper.joined(url, { realm = 'control', transportEncoding = 'json' })
    helper.subscribed(self.director, 'remote.told', function(event)
        local key, what, value = event.argsList[1], event.argsList[2], event.argsList[3]
        local session = self.sessions[key]
        if session then
            session.left = session.left or what == 'left'
            session.box:on(what)(value)
        end
    end)
    return self
end

--- Asks for `offer` with those keyword values. Returns a function that waits for the answer, so that meanwhile others
-- can act, and returns it, or nil, the error's URI or text, and what came with it.
function Process:asked(offer, how)
    local box = helper.mailbox()
    self.director:call('remote.' .. offer, { argsDict = how }, box:callbacks('onSuccess', 'onError'))
    return function()
        local outcome, list, answer = box:next(offer)
        assert(outcome == 'onSuccess', helper.show(list))
        answer = answer or {}
        if answer.error then return nil, answer.error, answer.args, answer.kwargs end
        return answer
    end
end

--- Asks and waits.
function Process:ask(offer, how)
    return self:asked(offer, how)()
end

--- Joins; `how` has url, format, realm, and login if wanted. Returns the session, or nil and why not.
function Process:join(how)
    self.count = self.count + 1
    local key = 's' .. self.count
    local session = setmetatable({ process = self, key = key, box = helper.mailbox() }, Session)
    self.sessions[key] = session
    local asked = { key = key }
    for k, v in pairs(how) do asked[k] = v end
    local answer, reason = self:ask('join', asked)
    if not answer then return nil, reason end
    session.id = answer.id
    return session
end

--- Ends the process, which has to end well.
function Process:stop()
    self.director:call('remote.stop', nil, { onSuccess = function() end })
    local said = self.pipe:read '*a'
    local closed, _, status = self.pipe:close()
    assert(closed == true and (status or 0) == 0, 'the peer failed: ' .. said)
end

-- What is asked of a session: session:call { procedure = … } etc. waits for the answer, session:calling { … } does not.
for _, offer in ipairs { 'call', 'publish', 'subscribe', 'register', 'remove', 'cancel', 'leave' } do
    local function asked(self, how)
        how = how or {}
        how.key = self.key
        return self.process:asked(offer, how)
    end
    Session[offer] = function(self, how) return asked(self, how)() end
    if offer == 'call' then Session.calling = asked end
end

--- Leaves, if it has not left, and waits until it has.
function Session:gone()
    if not self.left then self:leave() end
    helper.run_until(function() return self.left end, 'left')
end

--- What it has told so far is for nobody.
function Session:forget()
    self.box = helper.mailbox()
end

--- Waits for the next of what the session tells, which must be that; returns what comes with it.
function Session:hears(what)
    return self.box:expect(what)
end

return M
