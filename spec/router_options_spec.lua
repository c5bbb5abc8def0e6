--- What a router's configuration says wrong is an error that names the path, never left out in silence.

local router = require 'loowy.router'

local function problem_of(options)
    if options.realms == nil then options.realms = { 'home' } end
    options.listen = options.listen or 'ws://127.0.0.1:0/ws'
    local ok, message = pcall(router.new, options)
    assert.is_false(ok, 'accepted')
    return message
end

local function rows(list)
    for _, row in ipairs(list) do
        local expected, options = row[1], row[2]
        it(expected, function() assert.equal(expected, (problem_of(options):gsub('^[^ ]*:%d+: ', ''))) end)
    end
end

local thread = coroutine.create(function() end)

describe("a router's options", function()
    describe('name what is left over in a list', function()
        rows {
            { "option 'realms.ticket': a list has no names",
                { realms = { 'home', ticket = { staticCredentials = {} } } } },
            { "option 'realms[3]': the list ends before it", { realms = { [1] = 'a', [3] = 'c' } } },
            { "option 'listen.tls': a list has no names", { listen = { 'ws://127.0.0.1:0/ws', tls = 'cert.pem' } } },
            { "option 'authorizer.procedure': a list has no names", { authorizer = { 'a.b', procedure = 'a.b' } } },
        }
    end)

    describe('name what is no name', function()
        rows {
            { "option 'metaAPI[2]': expected a name, got number", { metaAPI = { [2] = true } } },
            { "option 'metaAPI[1.5]': expected a name, got number", { metaAPI = { [1.5] = true } } },
            { "option 'metaAPI': expected a name, got boolean", { metaAPI = { [true] = true } } },
            { "option 'ticket.staticCredentials[5]': expected a name, got number",
                { ticket = { staticCredentials = { [5] = { authrole = 'guest', secret = 'secret' } } } } },
            { "option 'roles.guest.permissions[1]': expected a name, got string",
                { roles = { guest = { permissions = { { ['\255'] = true } } } } } },
        }
    end)

    describe('take no list where names are expected', function()
        rows {
            { "option 'metaAPI': expected a table with session, subscription and registration, got list",
                { metaAPI = { true, true, true } } },
            { "option 'tls': expected a table with cert and key, got list", { tls = { 'cert.pem', 'key.pem' } } },
            { "option 'wampCRA.staticCredentials': expected table, got list",
                { wampCRA = { staticCredentials = { { authrole = 'guest', secret = 'secret' } } } } },
            { "option 'authorizer': expected a table with procedure or authCallback, got list",
                { authorizer = { 'a.b' } } },
        }
    end)

    describe('name what no option is', function()
        rows {
            { "option 'listen': cannot be a function", { listen = print } },
            { "option 'maxMessageSize': cannot be a thread", { maxMessageSize = thread } },
            { "option 'realms[1].metaAPI.session': cannot be a userdata",
                { realms = { { name = 'home', metaAPI = { session = io.stdout } } } } },
        }
    end)

    describe('name a count that is none', function()
        for _, name in ipairs { 'maxConnections', 'maxMessageSize', 'maxSubscriptions', 'maxTestaments' } do
            for _, number in ipairs { -1, 1.5, -math.huge } do
                it(name .. ' = ' .. number, function()
                    local message = problem_of { [name] = number }
                    assert.matches(("option '%s': expected a whole number from 0, got "):format(name), message, 1, true)
                end)
            end
        end
        rows {
            { "option 'eventHistory[1].maxEvents': expected a whole number from 0, got -5",
                { eventHistory = { { topic = 'a.b', maxEvents = -5 } } } },
        }
    end)

    describe('name the option of a bad address and of a bad realm', function()
        for _, row in ipairs {
            { 'listen', { listen = { 'ws://127.0.0.1:0/ws', 'http://127.0.0.1' } } },
            { 'realms', { realms = { 'home', 'home' } } },
            { 'realms', { realms = { 'a b' } } },
        } do
            it(row[1], function() assert.matches(("option '%s': "):format(row[1]), problem_of(row[2]), 1, true) end)
        end
    end)

    it('may count without end', function()
        assert.is_table(router.new { listen = 'local:x', realms = { 'home' }, maxSubscriptions = math.huge })
    end)
end)
