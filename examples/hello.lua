-- The smallest client: hears what it says itself.    luajit examples/hello.lua [ws://host:port/path]
local loowy = require 'loowy.client'

local client
client = loowy.new(arg[1] or 'ws://127.0.0.1:8080/ws', { realm = 'realm1', onConnect = function()
    client:subscribe('hello.topic', {
        onEvent = function(event) print(event.argsList[1]) client:disconnect() end,
        onSuccess = function() client:publish('hello.topic', 'Hello, WAMP!', nil, { exclude_me = false }) end,
    })
end, onError = function(failure) print(failure.error) os.exit(1) end })

require 'ev'.Loop.default:loop()
