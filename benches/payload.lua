-- What the messages of the benchmarks carry.

local M = {}

function M.small(i)
    return { i, 'payload' }
end

-- A table that is 10 kB of JSON.
function M.rows()
    local rows = {}
    for i = 1, 64 do
        rows[i] = {
            id = i, name = 'item number ' .. i, ok = i % 2 == 0, price = i * 1.25,
            tags = { 'alpha', 'beta', 'gamma' },
            pos = { x = i * 3, y = -i, note = ('n'):rep(40) },
        }
    end
    return rows
end

-- Whether these are the rows of `M.rows`.
function M.are_rows(rows)
    local last = rows[#rows]
    return #rows == 64 and last.id == 64 and last.tags[3] == 'gamma' and last.pos.y == -64
end

return M
