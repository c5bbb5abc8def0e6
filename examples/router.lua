-- A router for the other examples, until Ctrl-C.    luajit examples/router.lua [ws://host:port/path]
local ev = require 'ev'

local router = assert(require 'loowy.router'.new {
    listen = arg[1] or 'ws://127.0.0.1:8080/ws',
    realms = { 'realm1' },
})
assert(router:start())
ev.Signal.new(function(loop)
    router:stop()
    loop:unloop()
end, ev.SIGINT):start(ev.Loop.default)

print('Routing realm1 on ' .. router:url())
io.stdout:flush()
ev.Loop.default:loop()
