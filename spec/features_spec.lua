--- docs/features.md: what it claims has a test, what is tested is in it.

local hello = require 'loowy.hello'
local tables = require 'spec.support.interop.tables'

local DOCUMENT = 'docs/features.md'
local SCENARIOS = 'crates/wamp-net/tests/scenarios/files/'

local function read(path)
    local file = assert(io.open(path, 'rb'))
    local text = file:read '*a'
    file:close()
    return text
end

local function exists(path)
    local file = io.open(path, 'rb')
    if file then file:close() end
    return file ~= nil
end

-- From the folder of the document to that of the checkout.
local function resolved(link)
    local path = link:gsub('#.*', '')
    return path:match '^%.%./(.*)' or 'docs/' .. path
end

local function links(text)
    local found = {}
    for link in text:gmatch '%]%(([^)#][^)]*)%)' do found[#found + 1] = resolved(link) end
    return found
end

-- The cells of each table row but the heads, the tables of what is announced left out.
local function rows(text)
    local found = {}
    text = text:gsub('\n## What is announced.-\n## ', '\n## '):gsub("\n## With other people's clients.*$", '')
    for line in text:gmatch '[^\n]+' do
        local cells = {}
        for cell in line:gmatch '| ([^|]*) %f[|]' do cells[#cells + 1] = cell end
        if #cells > 1 and cells[2] ~= 'client' and cells[2] ~= 'router' and cells[2] ~= '' then
            found[#found + 1] = cells
        end
    end
    return found
end

local function is_claim(cell)
    return cell == '–' or cell:find '^no: ....' ~= nil or cell:find '^yes: %[' ~= nil
        or cell:find '^%[yes%]%(' ~= nil or cell:find '^%[partly%]%([^)]+%): ....' ~= nil
end

describe(DOCUMENT, function()
    local text = read(DOCUMENT)

    it('leads to files that are there', function()
        local all = links(text)
        assert.is_true(#all > 100)
        for _, path in ipairs(all) do assert.is_true(exists(path), path .. ' is not there') end
    end)

    it('leads to every scenario', function()
        local linked, count = {}, 0
        for _, path in ipairs(links(text)) do linked[path] = true end
        local pipe = assert(io.popen('ls ' .. SCENARIOS))
        for name in pipe:lines() do
            if name:find '%.wamp$' then
                count = count + 1
                assert.is_true(linked[SCENARIOS .. name], name .. ' is not linked')
            end
        end
        pipe:close()
        assert.is_true(count > 0)
    end)

    it('has a test for each yes, and a reason for each no', function()
        local all = rows(text)
        assert.is_true(#all > 80)
        for _, cells in ipairs(all) do
            for i = 2, #cells do assert.is_true(is_claim(cells[i]), cells[1] .. ': ' .. cells[i]) end
        end
    end)

    it('shows what other people\'s clients play', function()
        for name, of in pairs(tables) do
            assert.is_truthy(text:find(of(), 1, true), ('the table of %s is now\n%s'):format(name, of()))
        end
    end)

    it('claims for the client what HELLO announces, and lists it', function()
        local claimed = {}
        for _, cells in ipairs(rows(text)) do
            local client = #cells > 2 and not cells[2]:find '^no: ' and cells[2] ~= '–'
            for name in cells[1]:gmatch '`([%w_]+)`' do claimed[name] = claimed[name] or client end
        end
        for role, announced in pairs(hello.details({}).roles) do
            local names = {}
            for name in pairs(announced.features) do
                names[#names + 1] = '`' .. name .. '`'
                assert.is_true(claimed[name], name)
            end
            table.sort(names)
            local row = ('| %s | %s |'):format(role, table.concat(names, ', '))
            assert.is_truthy(text:find(row, 1, true), row)
        end
    end)
end)
