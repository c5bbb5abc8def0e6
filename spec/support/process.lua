--- A router in a process of its own, which a spec can freeze, kill, and start again under the same URL.

local M = {}

local Process = {}
Process.__index = Process

--- Starts the router, without waiting until it is ready.
function Process:begin()
    -- The process ends with its input, so that none outlives the specs; what it says comes through a fifo.
    local fifo = os.tmpname()
    os.remove(fifo)
    os.execute('mkfifo ' .. fifo)
    self.input = assert(io.popen(('exec > %s; %s %s'):format(fifo, self.command, self.url or ''), 'w'))
    self.output = assert(io.open(fifo))
    os.remove(fifo)
    -- A process, or a group of them as a negative number.
    self.pid = assert(self.output:read '*l', 'the router process did not start')
end

--- Waits until the router is ready, if it is not.
function Process:ready()
    if not self.output then return end
    self.url = assert(self.output:read '*l', 'the router process did not start')
    self.output:close()
    self.output = nil
end

--- Starts the router and waits until it is ready.
function Process:start()
    self:begin()
    self:ready()
end

function Process:signal(name)
    assert(os.execute(('kill -s %s -- %s'):format(name, self.pid)))
end

-- What the system knows of its threads.
local function threads(pid)
    local group = pid:match '^%-(%d+)'
    local files = io.popen(('cat /proc/%s/task/[0-9]*/stat 2>/dev/null'):format(group and '[0-9]*' or pid))
    local states = {}
    for line in files:lines() do
        local state, of_group = line:match '^%d+ %(.*%) (%S) %d+ (%d+)'
        if not group or of_group == group then states[#states + 1] = state end
    end
    files:close()
    return table.concat(states)
end

--- From now on nothing happens there, but the system goes on to accept its connections.
function Process:freeze()
    self:signal 'STOP'
    repeat until not threads(self.pid):find '[^TZX]'
end

function Process:thaw()
    self:signal 'CONT'
end

--- Ends it at once.
function Process:kill()
    if not self.pid then return end
    -- It may have ended by itself.
    os.execute(('kill -s KILL -- %s 2>/dev/null'):format(self.pid))
    if self.output then self.output:close() end
    self.input:close()
    self.pid, self.output = nil, nil
end

--- A router that is not started yet. `command` prints whom to send signals to and then its URL, and takes as its last
-- argument the URL to have, from the second start on; `url` has it do so from the first on.
function M.new(command, url)
    return setmetatable({ command = command, url = url }, Process)
end

return M
