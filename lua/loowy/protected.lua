--- `xpcall` that passes arguments on, up to three, on every Lua.
--
-- `protected(fn, handler, ...)` returns what `xpcall` returns, and calls `fn` with exactly as many arguments as it got.

local select, xpcall = select, xpcall

if select(2, xpcall(function(...) return ... end, print, true)) then return xpcall end

-- Lua 5.1's xpcall takes none. They wait here, not in a closure of their own, as this is done for every callback.
local fn, count, first, second, third

local function thunk()
    local f, n, a, b, c = fn, count, first, second, third
    first, second, third, fn = nil, nil, nil, nil -- to keep nothing alive
    if n == 0 then return f() end
    if n == 1 then return f(a) end
    if n == 2 then return f(a, b) end
    return f(a, b, c)
end

-- A hook of the debug library may come in at any instruction and call this as well.
local function interrupting(f, handler, n, a, b, c)
    return xpcall(function()
        if n == 0 then return f() end
        if n == 1 then return f(a) end
        if n == 2 then return f(a, b) end
        return f(a, b, c)
    end, handler)
end

return function(f, handler, ...)
    if fn then return interrupting(f, handler, select('#', ...), ...) end
    fn = f -- before the others: from now on they are taken
    count, first, second, third = select('#', ...), ...
    return xpcall(thunk, handler)
end
