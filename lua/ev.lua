-- `require 'ev'`: the real lua-ev when it is installed, and Loowy's own loop with the same interface otherwise.

local function candidates()
    local paths = {}
    for template in package.cpath:gmatch('[^;]+') do
        paths[#paths + 1] = (template:gsub('%?', 'ev'))
    end
    return paths
end

local function lua_ev()
    for _, path in ipairs(candidates()) do
        local open = package.loadlib(path, 'luaopen_ev')
        if open then return open('ev', path) end
    end
end

local function ours()
    local ev = require 'loowy.ev'
    if _VERSION == 'Lua 5.1' then rawset(_G, 'ev', ev) end   -- as lua-ev does there
    return ev
end

return lua_ev() or ours()
