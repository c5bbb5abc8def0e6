--- Random numbers that are the same on every Lua for the same seed, which is printed: SEED=… repeats a run.

local M = {}

local seed = tonumber(os.getenv 'SEED' or '') or os.time() % 1000000
local state = seed % 2147483646 + 1

--- A whole number from 1 to `n`.
function M.upto(n)
    state = state * 16807 % 2147483647
    return state % n + 1
end

--- True so many times out of a hundred.
function M.percent(share)
    return M.upto(100) <= share
end

--- One of a list.
function M.of(list)
    return list[M.upto(#list)]
end

M.seed = seed

return M
