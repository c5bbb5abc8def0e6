--- A network of two hosts that specs may break, as `tools/in-network` makes it. They run on the near one.

local M = {}

local far = os.getenv 'NETWORK_FAR'

--- The far host, and an address at which nobody is.
M.FAR, M.NOBODY = '10.77.0.2', '10.77.0.3'

--- Put before a command, lets it run on the far host.
M.ON_FAR = ('nsenter --target %s --net'):format(far or 0)

local LOST = '02:00:0a:4d:00:ff'
local NEAR_MAC, FAR_MAC = '02:00:0a:4d:00:01', '02:00:0a:4d:00:02'

local function run(command, ...)
    assert(far, 'there is no network; please start this by tools/test network')
    command = command:format(...)
    local ok = os.execute(command)
    assert(ok == true or ok == 0, command)
end

-- What a host sends to an address that belongs to nobody is lost on the cable, without a word to anyone.
local function near_sends_to(mac)
    run('ip neigh replace %s lladdr %s nud permanent dev near', M.FAR, mac)
end

local function far_sends_to(mac)
    run('%s ip neigh replace 10.77.0.1 lladdr %s nud permanent dev far', M.ON_FAR, mac)
end

--- Loses what the near host sends.
function M.lose_there()
    near_sends_to(LOST)
end

--- Loses what the far host sends.
function M.lose_back()
    far_sends_to(LOST)
end

--- Loses everything.
function M.lose()
    M.lose_there()
    M.lose_back()
end

--- All arrives again.
function M.heal()
    near_sends_to(FAR_MAC)
    far_sends_to(NEAR_MAC)
end

return M
