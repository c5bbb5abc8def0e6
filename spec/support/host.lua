--- Programs in processes of their own, for the specs of what a process may do to Loowy.

local M = {}

local function quoted(text)
    return "'" .. text:gsub("'", [['\'']]) .. "'"
end

-- Found before a spec changes `arg`.
local interpreter
do
    local lowest = 0
    while arg[lowest - 1] do lowest = lowest - 1 end
    interpreter = arg[lowest]
end

-- Only a failing spec ever takes that many seconds; under the tool that $HOST_WRAPPER names, much is slower.
local WRAPPER = os.getenv 'HOST_WRAPPER' or ''
local LIMIT = WRAPPER == '' and 60 or 300

--- Writes a program to a file; returns the command that runs it, and the file's name. Its locals are `helper` and
-- `host`.
function M.command(program, ...)
    local path = os.tmpname()
    local file = assert(io.open(path, 'w'))
    file:write("local helper, host = require 'spec.helper', require 'host'\n", program)
    file:close()
    local words = { ('env LUA_PATH=%s LUA_CPATH=%s'):format(quoted(package.path), quoted(package.cpath)),
        ('timeout -s KILL %d %s %s %s'):format(LIMIT, WRAPPER, interpreter, path) }
    for _, argument in ipairs { ... } do words[#words + 1] = quoted(tostring(argument)) end
    return table.concat(words, ' '), path
end

--- Runs a program. Returns what it printed, standard error included, and its exit status as the shell sees it at the
-- end of that: 'status 0'. Tabs are spaces there.
function M.run(program, ...)
    local command, path = M.command(program, ...)
    local process = assert(io.popen(command .. ' 2>&1; echo "status $?"'))
    local output = process:read '*a'
    process:close()
    os.remove(path)
    return (output:gsub('\n$', ''):gsub('\t', ' '))
end

return M
