-- Runs the programs that users read: the code blocks of Markdown files, and the examples.
--
--     LUA tools/readme.lua FILE... -- COMMAND...        COMMAND is what runs a Lua file
--
-- A FILE that ends in .md is taken apart; a FILE that ends in .lua is run with a router's address as its argument.
-- A `lua` block must end by itself with status 0. When a `text` block follows it, that is what it must print.
-- `ws://127.0.0.1:8080/ws` in it becomes the address of a router that runs meanwhile (where it listens itself, port 0).
-- Behind `<!-- with: NAME -->` the block is a fragment; what stands around it is in the table AROUND.
-- Each line of a `sh` block must be a command that make knows, or that another test runs (the table COMMANDS).

local router = assert(require 'loowy.router'.new { listen = 'ws://127.0.0.1:0/ws', realms = { 'realm1' } })
assert(router:start())

local ADDRESS = 'ws://127.0.0.1:8080/ws'
local SECONDS = 30

local CLIENT_BEFORE = [[
local ev, loowy = require 'ev', require 'loowy.client'
local client
client = loowy.new(%q, { realm = 'realm1', autoReconnect = false,
    onError = function(e) io.stderr:write(e.error, '\n') os.exit(1) end,
    onConnect = function()
]]
local CLIENT_AFTER = [[

        ev.Timer.new(function() client:disconnect() end, 0.3):start(ev.Loop.default)
    end })
ev.Loop.default:loop()
]]

-- Each has `before` (a format that takes the router's address) and `after`.
local AROUND = {
    client = { before = CLIENT_BEFORE, after = CLIENT_AFTER },
    value = { before = '-- %q\nlocal loowy = require "loowy.client"\nlocal _ = ', after = '' },
}

local function read(path)
    local file = assert(io.open(path, 'rb'))
    local text = file:read('*a')
    file:close()
    return text
end

local function write(path, text)
    local file = assert(io.open(path, 'wb'))
    file:write(text)
    file:close()
end

-- The blocks of a Markdown text, in order: { line, language, text, with }.
local function blocks(text)
    local found, block, with, number = {}, nil, nil, 0
    for line in (text .. '\n'):gmatch('(.-)\r?\n') do
        number = number + 1
        if block and line:match('^```%s*$') then
            block.text = table.concat(block, '\n')
            found[#found + 1], block, with = block, nil, nil
        elseif block then
            block[#block + 1] = line
        elseif line:match('^```') then
            block = { line = number, language = line:match('^```(%w*)'), with = with }
        else
            with = line:match('^<!%-%- with: (%w+) %-%->') or with
        end
    end
    return found
end

local function program(block)
    local text = block.text:gsub('listen = ([\'"])[^\'"]*[\'"]', 'listen = %1ws://127.0.0.1:0/ws%1')
    text = text:gsub(ADDRESS:gsub('%p', '%%%0'), (router:url()))
    if not block.with then return text end
    local around = AROUND[block.with] or error('line ' .. block.line .. ': with: ' .. block.with .. '?')
    return around.before:format(router:url()) .. text .. around.after
end

-- Status 0, and what the command printed on both streams.
local function execute(command)
    local output = os.tmpname()
    local status = os.execute(('timeout %d %s >%s 2>&1'):format(SECONDS, command, output))
    local text = read(output)
    os.remove(output)
    return status == true or status == 0, text
end

local failures, runs = 0, 0

local function report(name, passed, text)
    runs = runs + 1
    print(('%s  %s'):format(passed and 'ok    ' or 'FAILED', name))
    if not passed then
        failures = failures + 1
        print((text:gsub('[^\n]+', '        %0')))
    end
end

local function run_block(name, block, expected, command)
    local path = os.tmpname()
    write(path, program(block))
    local passed, output = execute(command .. ' ' .. path)
    os.remove(path)
    if passed and output:find('CALLBACK FAILED', 1, true) then passed = false end
    if passed and expected and output ~= expected.text .. '\n' then
        passed, output = false, 'expected:\n' .. expected.text .. '\nprinted:\n' .. output
    end
    report(name .. ':' .. block.line, passed, output)
end

-- Shell commands that are not make's: what has to be true of them.
local COMMANDS = {
    ['^luarocks make (%S+)$'] = 'test -f %s',
    ['^tools/run luajit (%S+%.lua)$'] = 'test -f %s',
}

local function check_command(name, line)
    if line:match('^make ') then return report(name .. ' ' .. line, execute('make -n ' .. line:sub(6))) end
    for pattern, check in pairs(COMMANDS) do
        local file = line:match(pattern)
        if file then return report(name .. ' ' .. line, execute(check:format(file))) end
    end
    report(name .. ' ' .. line, false, 'no test knows this command')
end

local function run_shell(name, block)
    for _, line in ipairs(block) do
        local command = line:gsub('%s*#.*', '')
        if command ~= '' then check_command(name .. ':' .. block.line, command) end
    end
end

local function run_markdown(path, command)
    local all = blocks(read(path))
    for n, block in ipairs(all) do
        local following = all[n + 1]
        local expected = following and following.language == 'text' and following or nil
        if block.language == 'lua' then run_block(path, block, expected, command) end
        if block.language == 'sh' then run_shell(path, block) end
    end
end

local function run_program(path, command)
    report(path, execute(('%s %s %s'):format(command, path, router:url())))
end

local files, command = {}, {}
local into = files
for _, word in ipairs(arg) do
    if word == '--' then into = command else into[#into + 1] = word end
end
command = table.concat(command, ' ')

for _, path in ipairs(files) do
    if path:match('%.md$') then run_markdown(path, command) else run_program(path, command) end
end
router:stop()
print(('%d successes / %d failures / 0 errors / 0 pending'):format(runs - failures, failures))
os.exit(failures == 0 and 0 or 1)
