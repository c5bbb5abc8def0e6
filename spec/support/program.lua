--- A program as those that Loowy 0.4.1 shipped: subscribes twice, publishes, calls, leaves, and does it all once more.
-- As a program of its own it prints what happens: LUA spec/support/program.lua URL [own], the latter on its own loop.

local M = {}

-- One round after the other: `client` plays them as soon as it has a session.
local function actions(client, note)
    local left_to_do

    local function done()
        left_to_do = left_to_do - 1
        if left_to_do > 0 then return end
        client:unsubscribe('com.topic', { onSuccess = function()
            note 'unsubscribed'
            client:disconnect()
        end })
    end

    local function call()
        for i = 1, 5 do
            client:call('com.procedure', { i }, {
                onSuccess = function(list) note('result ' .. list[1]) done() end,
                onError = function(err) note('error ' .. err.error) end,
            })
        end
        client:call('com.void', nil, { onSuccess = function(list) note('void ' .. tostring(list)) done() end })
    end

    local function publish()
        for i = 1, 5 do
            client:publish('com.topic', { i }, { onSuccess = function() note('published ' .. i) end },
                { exclude_me = false })
        end
        client:register('com.procedure', {
            rpc = function(data)
                note('invoked ' .. data.argsList[1])
                return { argsList = data.argsList }
            end,
            onSuccess = function()
                client:register('com.void', { rpc = function() end, onSuccess = call })
            end,
        })
    end

    return function()
        left_to_do = 6
        client:subscribe('com.topic', {
            onEvent = function(event) note('first ' .. event.argsList[1]) end,
            onSuccess = function()
                client:subscribe('com.topic', {
                    onEvent = function(event) note('second ' .. event.argsList[1]) end,
                    onSuccess = publish,
                })
            end,
        })
    end
end

--- Connects, and plays that many rounds when the loop runs; `note` is told each line.
function M.play(client, url, note, rounds)
    local begin = actions(client, note)
    local round = 0
    client:options {
        onConnect = function()
            round = round + 1
            note('connected ' .. round)
            begin()
        end,
        onClose = function()
            note 'closed'
            if round < rounds then client.connect() end
        end,
    }
    client:connect(url)
end

if ... ~= 'spec.support.program' then
    local ev = require 'ev'
    local url, own = ...
    local loop = own == 'own' and ev.Loop.new() or nil
    M.play(require('loowy.client').new(nil, { realm = 'realm1', eventLoop = loop }), url, print, 2)
    ;(loop or ev.Loop.default):loop()
end

return M
