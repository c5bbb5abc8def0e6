local vardump = require 'loowy.vardump'
local json = require 'loowy.json_serializer'

local function dump(...)
    return vardump.getdump(...)
end

local function lines(...)
    return table.concat({ ... }, '\n')
end

describe('loowy.vardump', function()
    it('D01 nil', function()
        assert.equal('nil', dump(nil))
    end)

    it('D02 booleans and numbers as tostring has them', function()
        assert.equal('(boolean) true', dump(true))
        assert.equal('(number) 5', dump(5))
        assert.equal('(number) 5.5', dump(5.5))
        assert.equal('(number) 1e+300', dump(1e300))
    end)

    it('D03 strings unescaped in quotes', function()
        assert.equal('(string) "s"x"', dump 's"x')
        assert.equal('(string) "a\0b\n"', dump 'a\0b\n')
    end)

    it('D04 functions, threads and userdata alone, without a key', function()
        local thread = coroutine.create(function() end)
        assert.equal(tostring(print), dump(print))
        assert.equal(tostring(thread), dump(thread))
        assert.equal(tostring(io.stdout), dump(io.stdout, nil, 'key'))
        assert.equal(tostring(thread), dump(thread, nil, 'key'))
        assert.equal('   » ' .. tostring(print), dump(print, 1, 'key'))
    end)

    it('D05 an empty table with a space at the end', function()
        assert.equal('(table) ', dump {})
    end)

    it('D06 a list', function()
        assert.equal(lines('(table) ', ' » [1] = (number) 10', ' » [2] = (string) "a"', ' » [3] = (boolean) true'),
            dump { 10, 'a', true })
    end)

    it('D07 nested tables', function()
        assert.equal(lines('(table) ', ' » [a] = (table) ', '   » [b] = (table) ', '     » [c] = (number) 1'),
            dump { a = { b = { c = 1 } } })
    end)

    it('D08 metatables after the entries, their entries one level deeper', function()
        assert.equal(lines('(table) ', ' » [1] = (number) 1', '(metatable) ', ' » [k] = (string) "v"'),
            dump(setmetatable({ 1 }, { k = 'v' })))
        assert.equal(
            lines('(table) ', ' » [t] = (table) ', '   » [1] = (number) 1', ' » (metatable) ',
                '   » [k] = (string) "v"'),
            dump { t = setmetatable({ 1 }, { k = 'v' }) })
    end)

    it('D09 a function under a key loses the key', function()
        assert.equal(lines('(table) ', ' » ' .. tostring(print)), dump { f = print })
    end)

    it('D10 depth and key as arguments', function()
        assert.equal(' » [kk] = (number) 5', dump(5, 0, 'kk'))
        assert.equal('   » [kk] = (number) 5', dump(5, 1, 'kk'))
        assert.equal('[kk] = (number) 5', dump(5, nil, 'kk'))
    end)

    it('D11 a key that is a boolean or a table is an error', function()
        assert.has_error(function() dump(5, 0, true) end)
        assert.has_error(function() dump(5, nil, {}) end)
        assert.has_error(function() dump { [{}] = 1 } end)
        assert.has_error(function() dump { [true] = 1 } end)
    end)

    it('D12 a __metatable that is no table is an error', function()
        assert.has_error(function() dump(setmetatable({}, { __metatable = false })) end)
        assert.has_error(function() dump(setmetatable({}, { __metatable = 'locked' })) end)
    end)

    it('D13 a table that contains itself ends at the second sight (0.4.1 never ended)', function()
        local tbl = {}
        tbl.a = { b = tbl }
        assert.equal(lines('(table) ', ' » [a] = (table) ', '   » [b] = (table) ', '     » (cycle)'), dump(tbl))
        local class = {}
        class.__index = class
        assert.equal(lines('(table) ', '(metatable) ', ' » [__index] = (table) ', '   » (cycle)'),
            dump(setmetatable({}, class)))
    end)

    it('shows a table twice that is there twice', function()
        local shared = { 1 }
        assert.equal(lines('(table) ', ' » [1] = (table) ', '   » [1] = (number) 1', ' » [2] = (table) ',
            '   » [1] = (number) 1'), dump { shared, shared })
    end)

    it('D14 decoded tables show the metatable that marks them', function()
        local array, object = dump(json.decode '[]'), dump(json.decode '{}')
        assert.matches('^%(table%) \n%(metatable%) \n', array)
        assert.truthy(array:find(' » [__jsontype] = (string) "array"', 1, true))
        assert.truthy(object:find(' » [__jsontype] = (string) "object"', 1, true))
        local named = _VERSION ~= 'Lua 5.1' and _VERSION ~= 'Lua 5.2'
        assert.equal(named, array:find(' » [__name] = (string) "json.array"', 1, true) ~= nil)
        assert.equal(named, object:find(' » [__name] = (string) "json.object"', 1, true) ~= nil)
    end)

    it('D15 does not use __tostring and __name', function()
        local tbl = setmetatable({}, { __tostring = function() return 'text' end, __name = 'name' })
        assert.matches('^%(table%) \n%(metatable%) \n', dump(tbl))
    end)

    it('prints line by line with the global print', function()
        local printed, original = {}, print
        _G.print = function(...) printed[#printed + 1] = { select('#', ...), ... } end
        local results = select('#', vardump.printdump({ 10, { 'a' } }))
        _G.print = original
        assert.equal(0, results)
        assert.same({
            { 1, '(table) ' }, { 1, ' » [1] = (number) 10' }, { 1, ' » [2] = (table) ' },
            { 1, '   » [1] = (string) "a"' },
        }, printed)
    end)
end)
