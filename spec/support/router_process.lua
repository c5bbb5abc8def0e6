--- A router in a process of its own, for specs that kill it: prints its URL, then serves until its input ends.
-- Arguments: the URL to listen on.

local router = require('loowy.router').new { listen = arg[1], realms = { 'realm1' } }
assert(router:start())
io.stdout:write(router:url(), '\n')
io.stdout:flush()
io.stdin:read '*a'
