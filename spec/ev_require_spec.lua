describe("require 'ev'", function()
    local saved

    before_each(function()
        saved = { ev = package.loaded.ev, global = rawget(_G, 'ev'), cpath = package.cpath, loadlib = package.loadlib }
        package.loaded.ev = nil
        rawset(_G, 'ev', nil)
    end)

    after_each(function()
        package.loaded.ev, package.cpath = saved.ev, saved.cpath
        package.loadlib = saved.loadlib     -- luacheck: ignore 122
        rawset(_G, 'ev', saved.global)
    end)

    -- Pretends that the library at `path` is lua-ev. Returns what was asked for.
    local function install(path, module)
        local asked = {}
        package.loadlib = function(...)     -- luacheck: ignore 122
            asked[#asked + 1] = { ... }
            if (...) == path then return function() return module end end
            return nil, 'no such file', 'open'
        end
        return asked
    end

    it('E01 hands out loowy.ev where lua-ev is not installed', function()
        install(nil)
        local ev = require 'ev'
        assert.equal(require 'loowy.ev', ev)
        assert.equal(ev, require 'ev')
    end)

    it('E01 §11.1 hands out the real lua-ev where it is installed', function()
        local real = {}
        package.cpath = './?.so;/opt/lua/?.so;/opt/lua/?/init.so'
        local asked = install('/opt/lua/ev.so', real)
        assert.equal(real, require 'ev')
        assert.equal(real, package.loaded.ev)
        assert.same({ { './ev.so', 'luaopen_ev' }, { '/opt/lua/ev.so', 'luaopen_ev' } }, asked)
    end)

    it('E01 passes over files that are no lua-ev', function()
        local directory = os.tmpname()
        os.remove(directory)
        assert(os.execute('mkdir ' .. directory))
        local file = assert(io.open(directory .. '/ev.so', 'w'))
        file:write 'no library'
        file:close()
        package.cpath = directory .. '/?.so;' .. package.cpath
        local ev = require 'ev'
        os.execute('rm -r ' .. directory)
        assert.is_function(ev.Timer.new)
    end)

    it('E02 sets the global ev on Lua 5.1 and LuaJIT, and only there', function()
        install(nil)
        local ev = require 'ev'
        assert.equal(_VERSION == 'Lua 5.1' and ev or nil, rawget(_G, 'ev'))
    end)

    it('E02 leaves the globals alone when loowy.ev is asked for', function()
        local loaded = package.loaded['loowy.ev']
        package.loaded['loowy.ev'] = nil
        require 'loowy.ev'
        package.loaded['loowy.ev'] = loaded
        assert.is_nil(rawget(_G, 'ev'))
    end)
end)
