local protected = require 'loowy.protected'

describe('loowy.protected', function()
    local function counted(...)
        return select('#', ...), ...
    end

    it('passes exactly the arguments that it gets', function()
        assert.same({ true, 0 }, { protected(counted, print) })
        assert.same({ true, 1, 'a' }, { protected(counted, print, 'a') })
        assert.equal(2, (select(2, protected(counted, print, nil, nil))))
        assert.same({ true, 3, 1, false, 'c' }, { protected(counted, print, 1, false, 'c') })
    end)

    it('gives the handler what was raised, whatever it is', function()
        local raised = {}
        local ok, handled = protected(function() error(raised) end, function(err) return { err } end)
        assert.is_false(ok)
        assert.equal(raised, handled[1])
    end)

    it('may be nested', function()
        local ok, inner, outer = protected(function(a)
            local _, b = protected(function(c) return c end, print, 'inner')
            return b, a
        end, print, 'outer')
        assert.same({ true, 'inner', 'outer' }, { ok, inner, outer })
    end)

    it('keeps no argument alive', function()
        local weak = setmetatable({}, { __mode = 'v' })
        weak[1] = {}
        protected(function() end, print, weak[1])
        collectgarbage()
        collectgarbage()
        assert.is_nil(weak[1])
    end)

    it('is not disturbed by a hook that calls it at any instruction', function()
        local hooked = 0
        local function inside(a, b, c)
            hooked = hooked + 1
            return a, b, c
        end
        local results = {}
        debug.sethook(function() protected(inside, print, 'x', 'y', 'z') end, '', 1)
        for i = 1, 10 do
            results[3 * i - 2] = { protected(counted, print, i) }
            results[3 * i - 1] = { protected(counted, print, i, 'b', 'c') }
            results[3 * i] = { protected(counted, print) }
        end
        debug.sethook()
        assert.is_true(hooked > 100)
        for i = 1, 10 do
            assert.same({ true, 1, i }, results[3 * i - 2])
            assert.same({ true, 3, i, 'b', 'c' }, results[3 * i - 1])
            assert.same({ true, 0 }, results[3 * i])
        end
    end)
end)
