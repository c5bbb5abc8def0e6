-- Which rows of the reference have no spec: LUA tools/compat.lua ROWS SPECS [REFERENCE]
--
-- ROWS lists the rows: `B01-11` (a letter and two digits) or `§4.8.1-41` (rows without ids, counted in their section).
-- SPECS is what `busted --list` prints. A row has a spec when its id is a word of the spec's full name, or lies in a
-- range there (`D01-15`). With REFERENCE, the reference itself, ROWS must list all of its rows and no others.
-- Prints each row with its specs, then the rows that have none; fails when there are any.

local function read(path)
    local file = assert(io.open(path))
    local text = file:read('*a')
    file:close()
    return text
end

-- What stands before an id's last number, and that number.
local function split(id)
    local stem, number = id:match('^(§[%dA-C][%d.]*%.)(%d+)$')
    if not stem then stem, number = id:match('^(%u)(%d%d)$') end
    return stem, tonumber(number)
end

local function joined(stem, number)
    return stem:find('§', 1, true) and stem .. number or ('%s%02d'):format(stem, number)
end

-- All ids in a text, ranges spelled out, in order.
local function ids(text)
    local found = {}
    for word in text:gmatch('[^%s,:;()]+') do
        local first, last = word:match('^(.-)%-[^%d]?(%d+)$')
        local stem, from = split(first or word)
        if stem then
            for number = from, tonumber(last) or from do found[#found + 1] = joined(stem, number) end
        end
    end
    return found
end

local function set(list)
    local result = {}
    for _, item in ipairs(list) do result[item] = true end
    return result
end

-- The first cell of a table's line, or nil when it is none.
local function cell(line)
    return line:match('^|%s*(.-)%s*|')
end

-- The ids of the reference's rows. Rows without one of their own, and the points of a numbered list, are counted within
-- their section.
local function reference_ids(text)
    local found, section, count, in_table = {}, nil, 0, false
    for line in text:gmatch('([^\n]*)\n') do
        local heading = line:match('^##+ (.*)')
        if heading then
            section = heading:match('^(%d+%.%d+)') or heading:match('^(%d+)%.') or heading:match('^Appendix (%u)')
            count = 0
        end
        local first = cell(line)
        local is_row = first and in_table and not first:match('^%-+$') or line:match('^%d+%. ')
        if section and section ~= '0' and is_row then
            if first and split(first) then
                found[#found + 1] = first
            else
                count = count + 1
                found[#found + 1] = ('§%s.%d'):format(section, count)
            end
        end
        in_table = first ~= nil
    end
    return found
end

local function differences(listed, wanted)
    local has, wants, messages = set(listed), set(wanted), {}
    for _, id in ipairs(wanted) do
        if not has[id] then messages[#messages + 1] = id .. ': in the reference, but not in the list' end
    end
    for _, id in ipairs(listed) do
        if not wants[id] then messages[#messages + 1] = id .. ': in the list, but not in the reference' end
    end
    return messages
end

local rows_path, specs_path, reference_path = arg[1], arg[2], arg[3]
local rows = ids((read(rows_path):gsub('#[^\n]*', '')))

if reference_path then
    local messages = differences(rows, reference_ids(read(reference_path)))
    for _, message in ipairs(messages) do print(message) end
    if #messages > 0 then os.exit(1) end
end

local specs = {}
for line in read(specs_path):gmatch('[^\n]+') do
    local place, name = line:match('^([^:]+):%d+: (.*)$')
    for _, id in ipairs(name and ids(name) or {}) do
        specs[id] = specs[id] or {}
        table.insert(specs[id], ('%s: %s'):format(place, name))
    end
end

local without = {}
for _, id in ipairs(rows) do
    if specs[id] then
        print(('%-9s %s'):format(id, table.concat(specs[id], '\n          ')))
    else
        without[#without + 1] = id
    end
end
table.insert(without, 1, ('\n%d rows, %d without a spec'):format(#rows, #without))
print(table.concat(without, ' '))
os.exit(#without == 1 and 0 or 1)
