--- What the specs of the event loop share. They run on `loowy.ev`, or on the module that EV_MODULE names: with
-- EV_MODULE=ev and lua-ev installed, on the real one.

local lfs = require 'lfs'

local M = {}

M.name = os.getenv 'EV_MODULE' or 'loowy.ev'
M.ev = require(M.name)

--- Whether it is Loowy's own loop that is tested.
M.is_ours = M.ev == package.loaded['loowy.ev']

--- Does nothing, as a callback.
function M.nothing() end

--- Collects all garbage; on LuaJIT also what compiled code keeps, which is made for the very objects that it met.
function M.collect()
    if jit then jit.flush() end
    for _ = 1, 3 do collectgarbage() end
end

--- Calls a function and collects what it leaves behind: in a coroutine, whose stack goes with it.
function M.abandon(fn)
    assert(coroutine.resume(coroutine.create(fn)))
    M.collect()
end

local function descriptors()
    local listed, set = {}, {}
    for name in lfs.dir '/dev/fd' do listed[#listed + 1] = tonumber(name) end
    for _, fd in ipairs(listed) do
        -- the directory's own descriptor is gone by now
        if lfs.attributes('/dev/fd/' .. fd, 'dev') then set[fd] = true end
    end
    return set
end

--- How many descriptors the process has open, with those of garbage.
function M.descriptors_now()
    local count = 0
    for _ in pairs(descriptors()) do count = count + 1 end
    return count
end

--- How many descriptors the process has open.
function M.descriptor_count()
    M.collect()
    return M.descriptors_now()
end

local function try_open(path, mode)
    local before = descriptors()
    local file = assert(io.open(path, mode))
    for fd in pairs(descriptors()) do
        if not before[fd] then return file, fd end
    end
    file:close()
end

-- Opens a file without buffers. Returns it and its descriptor, the one that there was not before: once more if it took
-- the place of another file, collected in between.
local function open(path, mode)
    local file, fd
    repeat file, fd = try_open(path, mode) until file
    file:setvbuf 'no'
    return file, fd
end

--- A pipe: two open files, and their descriptors as `reader_fd` and `writer_fd`.
function M.pipe()
    local path = os.tmpname()
    os.remove(path)
    assert(os.execute(('mkfifo %s'):format(path)))
    -- opening one end of a FIFO waits for the other, opening both does not
    local both = assert(io.open(path, 'r+'))
    local pipe = {}
    pipe.reader, pipe.reader_fd = open(path, 'r')
    pipe.writer, pipe.writer_fd = open(path, 'w')
    both:close()
    os.remove(path)
    return pipe
end

--- An open regular file and its descriptor.
function M.regular_file()
    local path = os.tmpname()
    local file, fd = open(path, 'w')
    os.remove(path)
    return file, fd
end

local function quoted(text)
    return "'" .. text:gsub("'", [['\'']]) .. "'"
end

local function interpreter()
    local lowest = 0
    while arg[lowest - 1] do lowest = lowest - 1 end
    return arg[lowest]
end

--- Runs a program of Lua in a process of its own, with `ev` and `loop` (the default one) as locals.
-- Returns what it printed, standard error included, followed by its exit status as the shell sees it.
-- `environment` is for the shell: NAME=value. `redirection` is, too: '2>&1 >/dev/null' returns standard error alone.
function M.run(program, environment, redirection)
    local path = os.tmpname()
    local file = assert(io.open(path, 'w'))
    assert(file:write("local ev = require '", M.name, "' local loop = ev.Loop.default\n", program))
    file:close()
    local command = ('%s LUA_PATH=%s LUA_CPATH=%s %s %s %s; echo "status $?"'):format(environment or '',
        quoted(package.path), quoted(package.cpath), interpreter(), path, redirection or '2>&1')
    local process = assert(io.popen(command))
    local output = process:read '*a'
    process:close()
    os.remove(path)
    return output
end

--- Sends a signal to this process.
function M.kill(name)
    assert(os.execute(('kill -%s $PPID'):format(name)))
end

--- Computes for that many seconds, measured in processor time, which no correction of the wall clock can shorten.
function M.compute(seconds)
    local start = os.clock()
    repeat until os.clock() - start >= seconds
end

--- Lets the loop's cached time advance by at least that many seconds, computing.
function M.spin(loop, seconds)
    M.compute(seconds)
    loop:update_now()
end

--- Runs the loop until `ready()`; only a failing spec reaches the limit.
function M.run_until(loop, ready, what)
    local expired = false
    local limit = M.ev.Timer.new(function() expired = true end, 20)
    local step = M.ev.Timer.new(function(self)
        if ready() or expired then self:unloop() end
    end, 0.001, 0.001)
    limit:start(loop)
    step:start(loop)
    loop:loop()
    limit:stop(loop)
    step:stop(loop)
    assert(ready(), 'timed out waiting for ' .. what)
end

return M
