--- Other people's clients, each in a process of its own that offers what spec/peers/offers.js says.

local M = {}

local NODE = 'NODE_PATH=.deps/node/node_modules timeout 120 node spec/peers/offers.js '

-- None outlives the specs for long, whatever becomes of them.
local COMMANDS = {
    ['Autobahn|JS'] = NODE .. 'autobahn',
    ['Wampy.js'] = NODE .. 'wampy',
    ['Autobahn|Python'] = 'timeout 120 .deps/python/bin/python spec/peers/autobahn_peer.py',
}

M.NAMES = { 'Autobahn|Python', 'Autobahn|JS', 'Wampy.js' }

--- Starts that client and waits until it offers everything.
-- Returns the process, or nil and what it said when it ended instead.
function M.start(name, url, format)
    local process = io.popen(('%s %s %s 2>&1'):format(COMMANDS[name], url, format))
    local said = {}
    for line in process:lines() do
        if line == 'ready' then return process end
        said[#said + 1] = line
    end
    process:close()
    return nil, table.concat(said, '\n')
end

--- Waits for the end of that client, which somebody has asked to stop; raises what it says when it fails.
function M.ended(process)
    local said = process:read '*a'
    local closed, _, status = process:close()
    if closed ~= true or (status ~= nil and status ~= 0) then error('the peer failed: ' .. said, 2) end
end

return M
