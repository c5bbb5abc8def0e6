--- Values of every kind that no program means to hand over.

local M = {}

local function raise() error 'looked into' end

local function nested(levels)
    local value = {}
    for _ = 2, levels do value = { a = value } end
    return value
end

local function cyclic()
    local value = { a = 1 }
    value.self = value
    return value
end

--- `{ name, value }` each.
M.values = {
    { 'false', false },
    { 'true', true },
    { '0', 0 },
    { '-1', -1 },
    { '1.5', 1.5 },
    { 'NaN', 0 / 0 },
    { 'infinity', math.huge },
    { '-infinity', -math.huge },
    { '1e308', 1e308 },
    { 'an empty string', '' },
    { 'a text', 'nonsense' },
    { 'a huge string', ('x'):rep(100000) },
    { 'a string with NUL', 'a\0b' },
    { 'a string that is no UTF-8', 'a\255b' },
    { 'an empty table', {} },
    { 'a list', { 1, 'a' } },
    { 'a dictionary', { a = 1 } },
    { 'a table with a function', { a = raise, [1] = raise } },
    { 'a table that contains itself', cyclic() },
    { 'a deep table', nested(100000) },
    { 'a table that raises', setmetatable({ a = 1 }, {
        __index = raise, __newindex = raise, __pairs = raise, __len = raise, __tostring = raise, __call = raise,
        __concat = raise, __eq = raise, __lt = raise, __le = raise, __unm = raise,
    }) },
    { 'a table with a hidden metatable', setmetatable({ a = 1 }, { __metatable = false }) },
    { 'a function', raise },
    { 'a coroutine', coroutine.create(raise) },
    { 'a userdata', io.stdout },
}

return M
