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
end)
