local support = require 'spec.support.ev'
local ev, nothing = support.ev, support.nothing

local SIGNALS = [[
SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGFPE SIGHUP SIGINT SIGIO SIGIOT SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT
SIGSEGV SIGSTKFLT SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU
SIGXFSZ]]

local CLASSES = { 'Loop', 'Timer', 'IO', 'Async', 'Signal', 'Idle', 'Child', 'Stat' }

local CONSTANTS = {
    READ = 1, WRITE = 2, TIMEOUT = 256, SIGNAL = 1024, CHILD = 2048, STAT = 4096, IDLE = 8192, ASYNC = 524288,
    MINPRI = -2, MAXPRI = 2,
}

-- what Lua 5.3 tells apart
local kind = math.type or type

local function keys(t)
    local names = {}
    for name in pairs(t) do names[#names + 1] = name end
    table.sort(names)
    return names
end

describe('ev', function()
    it('E01 has functions, classes, constants and signals, and nothing else', function()
        local names = { 'version', 'object_count' }
        for _, name in ipairs(CLASSES) do names[#names + 1] = name end
        for name in pairs(CONSTANTS) do names[#names + 1] = name end
        for name in pairs(ev) do
            if name:match '^SIG' and name ~= 'SIGNAL' then names[#names + 1] = name end
        end
        table.sort(names)
        assert.same(names, keys(ev))
    end)

    it('E03 says which version of libev it is, as floats', function()
        assert.equal(2, select('#', ev.version()))
        local major, minor = ev.version()
        assert.equal(4, major)
        assert.is_true(minor >= 33)
        assert.equal(kind(4.0), kind(major))
        assert.equal(kind(4.0), kind(minor))
    end)

    it('E03 has constants of the float subtype', function()
        local numbers = 0
        for name, value in pairs(ev) do
            if type(value) == 'number' then
                numbers = numbers + 1
                assert.equal(kind(1.0), kind(value), name)
            end
        end
        assert.is_true(numbers > 30)
    end)

    it('E04 counts the objects that live', function()
        support.collect()
        local before = ev.object_count()
        support.abandon(function()
            local objects = { ev.Loop.new(), ev.Timer.new(nothing, 1), ev.Idle.new(nothing) }
            assert.equal(before + #objects, ev.object_count())
        end)
        assert.equal(before, ev.object_count())
    end)

    it('E04 counts the default loop once it is initialised', function()
        local output = support.run [[
            print(ev.object_count(), loop:iteration(), loop:is_default(), ev.object_count())
            loop:now()
            print(ev.object_count())]]
        assert.equal('0\t0\ttrue\t0\n1\nstatus 0\n', output)
    end)

    it('E05 has the constants of libev', function()
        for name, value in pairs(CONSTANTS) do assert.equal(value, ev[name], name) end
    end)

    it('E06 has the numbers of the signals of the platform', function()
        local shell = { HUP = 1, INT = 2, KILL = 9, TERM = 15 }     -- the same everywhere
        for name, number in pairs(shell) do assert.equal(number, ev['SIG' .. name]) end
        for name in SIGNALS:gmatch '%S+' do
            local is_everywhere = not name:match 'PWR$' and not name:match 'STKFLT$' and not name:match 'POLL$'
            if is_everywhere then assert.is_number(ev[name], name) end
        end
        assert.equal(ev.SIGABRT, ev.SIGIOT)
        local pipe = io.popen 'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do echo $n $(kill -l $n); done'
        for number, name in pipe:read('*a'):gmatch '(%d+) (%u%w+)' do
            if SIGNALS:find('SIG' .. name, 1, true) then assert.equal(tonumber(number), ev['SIG' .. name], name) end
        end
        pipe:close()
    end)

    it('E06 has those of Linux', function()
        local linux = io.open '/proc/self/fdinfo/0'
        if not linux then return end
        linux:close()
        for name in SIGNALS:gmatch '%S+' do assert.is_number(ev[name], name) end
        assert.equal(ev.SIGIO, ev.SIGPOLL)
    end)

    it('E07 has classes with `new` alone, which are not callable', function()
        for _, name in ipairs(CLASSES) do
            assert.same(name == 'Loop' and { 'default', 'new' } or { 'new' }, keys(ev[name]))
            local ok, message = pcall(ev[name], nothing, 1, 1)
            assert.is_false(ok)
            assert.matches('attempt to call', message)
        end
    end)

    it('E08 lets LIBEV_FLAGS choose the backend', function()
        for backend in pairs { [2] = true, [ev.Loop.new():backend()] = true } do
            local output = support.run('print(loop:backend(), ev.Loop.new():backend())', 'LIBEV_FLAGS=' .. backend)
            assert.equal(('%d\t%d\nstatus 0\n'):format(backend, backend), output)
        end
    end)
end)
