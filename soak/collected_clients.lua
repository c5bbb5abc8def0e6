--- 300 clients, or CLIENTS, are made one after the other, kept busy, closed and forgotten: nothing of them stays.

local ev = require 'ev'
local helper = require 'spec.helper'
local loowy = require 'loowy.client'
local process = require 'soak.support.process'

local clients = tonumber(os.getenv 'CLIENTS' or '') or 300
local loop = ev.Loop.default
local url = helper.router():url()

local function ignore() end

local function one()
    local client
    client = loowy.new(url, { realm = 'realm1', onConnect = function()
        for i = 1, 20 do
            client:publish('a.b', { ('x'):rep(1000) }, { onSuccess = ignore, onError = ignore })
            client:call('nobody.there', { i }, { onSuccess = ignore, onError = ignore })
            client:subscribe('a.b.' .. i, ignore)
            client:register('a.c.' .. i, ignore)
        end
        collectgarbage()
        client:disconnect()
    end })
    loop:loop()
end

local warm
for i = 1, clients do
    -- In a coroutine, whose stack goes with it.
    assert(coroutine.resume(coroutine.create(one)))
    if i == math.ceil(clients / 4) then warm = process.measure() end
end
local now = process.measure()
print(('%s when warm, %s after %d clients'):format(process.show(warm), process.show(now), clients))
process.compare(warm, now)
helper.close()
