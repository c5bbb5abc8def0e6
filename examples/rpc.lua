-- Remote procedures: a callee with two of them, a caller, an error of the application's own.
--     luajit examples/rpc.lua [ws://host:port/path]
local ev = require 'ev'
local loowy = require 'loowy.client'

local url = arg[1] or 'ws://127.0.0.1:8080/ws'

local function fail(failure)
    io.stderr:write(failure.error, '\n')
    os.exit(1)
end

local function join(onConnect)
    local client
    client = loowy.new(url, { realm = 'realm1', onError = fail, onConnect = function() onConnect(client) end })
    return client
end

local procedures = {}

-- Positional arguments in, one positional result out.
procedures['calculator.add'] = function(invocation)
    local a, b = invocation.argsList[1], invocation.argsList[2]
    return { argsList = { a + b } }
end

-- Keyword arguments, keyword results, and an error that the caller can tell from others by its URI.
procedures['calculator.divide'] = function(invocation)
    local given = invocation.argsDict
    if given.by == 0 then
        error { uri = 'calculator.error.division_by_zero', argsList = { 'division by zero' } }
    end
    return { argsDict = { quotient = math.floor(given.number / given.by), remainder = given.number % given.by } }
end

local callee

local function finish(caller)
    caller:disconnect()
    callee:disconnect()
end

local function divide_by_zero(caller)
    caller:call('calculator.divide', { number = 1, by = 0 }, {
        onSuccess = function() fail { error = 'that cannot be' } end,
        onError = function(failure)
            print(failure.error .. ': ' .. failure.argsList[1])
            finish(caller)
        end,
    })
end

local function divide(caller)
    caller:call('calculator.divide', { number = 23, by = 5 }, {
        onSuccess = function(_, results)
            print('23 / 5 = ' .. results.quotient .. ', remainder ' .. results.remainder)
            divide_by_zero(caller)
        end,
        onError = fail,
    })
end

local function add(caller)
    caller:call('calculator.add', { 2, 3 }, {
        onSuccess = function(results)
            print('2 + 3 = ' .. results[1])
            divide(caller)
        end,
        onError = fail,
    })
end

callee = join(function(client)
    local left = 2
    local function registered()
        left = left - 1
        if left == 0 then join(add) end
    end
    for procedure, rpc in pairs(procedures) do
        client:register(procedure, { rpc = rpc, onSuccess = registered, onError = fail })
    end
end)

ev.Loop.default:loop()
