--- Other people's clients, each in a process of its own that offers what spec/peers/offers.js says.

local M = {}

local unpack = table.unpack or unpack -- luacheck: ignore 143

local NODE = 'NODE_PATH=.deps/node/node_modules timeout 120 node spec/peers/'

-- None outlives the specs for long, whatever becomes of them.
local COMMANDS = {
    ['Autobahn|JS'] = NODE .. 'autobahn.js',
    ['Wampy.js'] = NODE .. 'wampy.js',
    ['Autobahn|Python'] = 'timeout 120 .deps/python/bin/python spec/peers/autobahn_peer.py',
}

M.NAMES = { 'Autobahn|Python', 'Autobahn|JS', 'Wampy.js' }

--- Starts that client and waits until it offers everything. `login` = { authid, secret, method }; `ca` is a file with
-- what it trusts beside or instead of the system's certificates.
-- Returns the process, or nil and what it said when it ended instead.
function M.start(name, url, format, realm, login, ca)
    local trust = ca and ('SSL_CERT_FILE=%s NODE_EXTRA_CA_CERTS=%s '):format(ca, ca) or ''
    local words = { COMMANDS[name], url, format, realm or 'realm1', unpack(login or {}) }
    local process = io.popen(trust .. table.concat(words, ' ') .. ' 2>&1')
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
