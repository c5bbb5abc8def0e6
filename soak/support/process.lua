--- What the soaked process has taken of the system, and whether that stays the same.

local lfs = require 'lfs'

local M = {}

-- How much more memory the process may take in the end than when it was warm, in kB. What leaks at each of a hundred
-- rounds is more; the allocators' own moods are less.
local MEMORY = 3 * 1024

local function status(name)
    local file = assert(io.open '/proc/self/status')
    local value = file:read('*a'):match('\n' .. name .. ':%s*(%d+)')
    file:close()
    return tonumber(value)
end

-- Counted here: a shell that looks at us may be faster than the system is in closing our end of the pipe to it.
local function descriptors()
    local count = 0
    for _ in lfs.dir '/proc/self/fd' do count = count + 1 end
    return count
end

--- Memory in kB, descriptors, and threads.
function M.measure()
    for _ = 1, 3 do collectgarbage() end
    return { memory = status 'VmRSS', descriptors = descriptors(), threads = status 'Threads' }
end

function M.show(measured)
    return ('%d kB, %d descriptors, %d threads'):format(measured.memory, measured.descriptors, measured.threads)
end

--- Fails unless `now` is what there was when the process was `warm`.
function M.compare(warm, now)
    local grown = {}
    if now.memory > warm.memory + MEMORY then grown[#grown + 1] = 'memory' end
    if now.descriptors > warm.descriptors then grown[#grown + 1] = 'descriptors' end
    if now.threads > warm.threads then grown[#grown + 1] = 'threads' end
    if #grown == 0 then return end
    error(('%s grew: %s when warm, %s now'):format(table.concat(grown, ' and '), M.show(warm), M.show(now)), 0)
end

return M
