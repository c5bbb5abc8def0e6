--- tools/compat.lua, which tells the rows of the compatibility reference that no spec names, and what it says of ours.

local helper = require 'spec.helper'

describe('make compat', function()
    local files

    before_each(function() files = {} end)
    after_each(function()
        for _, path in ipairs(files) do os.remove(path) end
    end)

    local function file(text)
        local path = os.tmpname()
        local handle = assert(io.open(path, 'w'))
        handle:write(text)
        handle:close()
        files[#files + 1] = path
        return path
    end

    -- What it prints, then its exit status.
    local function compat(...)
        local pipe = assert(io.popen(('%s tools/compat.lua %s 2>&1; echo "status $?"')
            :format(helper.interpreter(), table.concat({ ... }, ' '))))
        local output = pipe:read '*a'
        pipe:close()
        return output
    end

    local function spec(name) return 'spec/x_spec.lua:1: ' .. name .. '\n' end

    it('names the rows that have no spec', function()
        local rows = file 'B01-03 §4.1.1-2 # the rows\n'
        local output = compat(rows, file(spec 'subscribe B01, B03 works' .. spec 'publish (§4.1.2)'))
        assert.matches('5 rows, 2 without a spec B02 §4%.1%.1\nstatus 1\n$', output)
        assert.matches('B03 +spec/x_spec%.lua: subscribe', output)
    end)

    it('is content when all rows have one, by ranges too', function()
        local output = compat(file 'B01-03 §4.1.1-2', file(spec 'B01-03 all' .. spec '§4.1.1-2 both'))
        assert.matches('5 rows, 0 without a spec\nstatus 0\n$', output)
    end)

    it('compares the list with the reference: rows with ids, rows without, and numbered points', function()
        local reference = file [[
## 0. Conventions
| a | b |
|---|---|
| x | y |
### 4.1 Things
| # | Fact |
|---|---|
| B01 | one |
| no id | two |
## Appendix C. Points
1. a point
]]
        local specs = file(spec 'B01 §4.1.1 §C.1')
        assert.matches('3 rows, 0 without a spec\nstatus 0\n$', compat(file 'B01 §4.1.1 §C.1', specs, reference))
        local output = compat(file 'B01 B02 §C.1', specs, reference)
        assert.matches('§4.1.1: in the reference, but not in the list\n', output, 1, true)
        assert.matches('B02: in the list, but not in the reference\n', output, 1, true)
        assert.matches('status 1\n$', output)
    end)

    it('§C.5 every row has a spec', function()
        local pipe = io.popen(helper.interpreter() .. ' tools/busted.lua --run all --list')
        local list = pipe:read '*a'
        pipe:close()
        local output = compat('spec/reference_rows.txt', file(list))
        assert.matches('status 0\n$', output, 1, output:match '[^\n]*without a spec[^\n]*')
    end)
end)
