--- What other people's clients play with ours, as docs/features.md shows it.

local features = require 'spec.support.interop.features'
local lacks = require 'spec.support.interop.lacks'
local logins = require 'spec.support.interop.logins'
local matrix = require 'spec.support.matrix'

local M = {}

local function row(cells) return '| ' .. table.concat(cells, ' | ') .. ' |' end

local function head(first)
    local cells, rules = { first }, { '---' }
    for _, peer in ipairs(matrix.PEERS) do
        cells[#cells + 1] = (peer.name:gsub('|', '\\|'))
        rules[#rules + 1] = '---'
    end
    return { row(cells), '|' .. table.concat(rules, '|') .. '|' }
end

local function each_peer(lines, first, cell)
    local cells = { first }
    for _, peer in ipairs(matrix.PEERS) do cells[#cells + 1] = cell(peer) end
    lines[#lines + 1] = row(cells)
end

--- Each transport: the serializers.
function M.transports()
    local lines = head ''
    for _, transport in ipairs(matrix.TRANSPORTS) do
        each_peer(lines, '`' .. transport .. '`', function(peer)
            return table.concat(peer.speaks[transport] or { '–' }, ', ')
        end)
    end
    return table.concat(lines, '\n')
end

-- A client lacks it, or has it but for parts of it.
local function played(client, name)
    if lacks[client][name] then return 'no: ' .. lacks[client][name] end
    local parts = {}
    for key, reason in pairs(lacks[client]) do
        local part = key:sub(1, #name + 3) == name .. ' / ' and key:sub(#name + 4)
        if part then parts[#parts + 1] = ('not %s (%s)'):format(part, reason) end
    end
    table.sort(parts)
    return #parts > 0 and 'partly: ' .. table.concat(parts, ', ') or 'yes'
end

--- Each login and feature: yes, or what is lacking and why.
function M.features()
    local lines, names = head '', {}
    for _, login in ipairs(logins.LIST) do names[#names + 1] = 'login: ' .. login.name end
    names[#names + 1] = 'login: cookie'
    for _, feature in ipairs(features) do names[#names + 1] = feature.name end
    for _, name in ipairs(names) do
        each_peer(lines, name, function(peer) return played(peer.name, name) end)
    end
    return table.concat(lines, '\n')
end

return M
