--- Lets an `ev` loop (lua-ev's or ours) drive a client through its one descriptor.

local M = {}

-- A loop of ours next to an installed lua-ev needs watchers of its own kind.
local function library(loop)
    local own = package.loaded['loowy.ev.loop']
    return own and own.owns(loop) and require 'loowy.ev' or require 'ev'
end

--- The loop that serves an instance which named none.
function M.default()
    return require('ev').Loop.default
end

--- Whether that is an event loop. Whoever has one of lua-ev's has loaded lua-ev.
function M.is_loop(value)
    local own, ev = package.loaded['loowy.ev.loop'], package.loaded.ev
    if own and own.owns(value) then return true end
    return type(value) == 'userdata' and type(ev) == 'table' and (pcall(ev.Loop.default.is_default, value))
end

--- A watcher that calls `ready` whenever the descriptor is readable. While it is started the loop keeps running, unless
-- it is a daemon.
-- @return a table with `start()` and `stop()`
function M.watch(loop, fd, ready, is_daemon)
    local ev = library(loop)
    local io = ev.IO.new(function() ready() end, fd, ev.READ)
    return {
        start = function() if not io:is_active() then io:start(loop, is_daemon) end end,
        stop = function() if io:is_active() then io:stop(loop) end end,
    }
end

return M
