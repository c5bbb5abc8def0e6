--- What the option `debug` prints.

local played = require 'spec.support.played'

describe('debug = true', function()
    local p, client, box

    before_each(function()
        p = played.joined()
        client, box = p.client, p.box
    end)
    after_each(played.close)

    -- What is printed while `run` runs, each call of print as its arguments.
    local function printed(run)
        local original, result = print, {}
        _G.print = function(...) result[#result + 1] = { ... } end
        local ok, message = pcall(run)
        _G.print = original
        assert(ok, message)
        return result
    end

    it('prints methods and what comes, with one print for each', function()
        local lines = printed(function()
            client:options { debug = true }
            client:publish('t', { 1 }, box:callbacks 'onSuccess')
            p:heard()
            p:told('onSuccess', '[17,1,5]')
            client:publish('t', { [true] = 1 })
        end)
        assert.same({
            { '[DEBUG] (string) "publish"\n[DEBUG] (string) "t"\n[DEBUG] (table) \n » [1] = (number) 1\n'
                .. '[DEBUG] nil\n' },
            { '[DEBUG] (string) "ACKNOWLEDGED"\n[DEBUG] (number) 1\n[DEBUG] (number) 5\n' },
        }, { lines[1], lines[2] })
        assert.matches('^%[DEBUG%] %(string%) "publish"\n', lines[3][1])
        assert.same({}, printed(function()
            client:options { debug = 'yes' }
            client:publish 't'
        end))
    end)

    it('is no reason to fail', function()
        local untold = setmetatable({ [true] = 1, error = 'e.u' }, { __tostring = function() error 'untold' end })
        client:register('r', { rpc = function() error(untold) end, onSuccess = box:on 'done' })
        p:heard()
        p:told('done', '[65,1,71]')
        local lines = printed(function()
            client:options { debug = true }
            p:say '[68,1,71,{}]'
            client:poll(20)
        end)
        p:expect '[8,68,1,{},"e.u"]'
        assert.matches('^%[DEBUG%] %(string%) "rpc raised"\n%[DEBUG%] %(table%)', lines[#lines][1])
    end)
end)
