--- The functions of a client: what they take, and the notices that they give.

local core = require 'loowy_core'
local session = require 'spec.support.session'

local marked = require 'spec.support.values'.marked

describe('the options of a core client', function()
    local client

    before_each(function() client = core.client() end)

    local function configure(options)
        return client:configure(options)
    end

    it('are taken', function()
        assert.is_true(configure {})
        assert.is_true(configure {
            realm = 'realm1', encodings = { 'msgpack', 'json' }, hello = { roles = {} },
            autoReconnect = false, reconnectInterval = 0.5, reconnectFactor = 2, reconnectMaxInterval = 60,
            reconnectJitter = 0.5, maxRetries = 3, retryFirstConnect = true, connectTimeout = 5, joinTimeout = 5,
            closeTimeout = 1, maxMessageSize = 1024, maxQueuedBytes = 1024, maxQueuedMessages = 10, pingInterval = 30,
            pingTimeout = 10, tls = { ca = '/ca.pem', verify = false, cert = '/c.pem', key = '/k.pem' },
            headers = { ['X-Token'] = 'abc' },
        })
        assert.equal('msgpack', client:serializer())
    end)

    it('may be without end', function()
        assert.is_true(configure { maxRetries = math.huge, connectTimeout = math.huge, maxQueuedBytes = math.huge })
        assert.is_true(configure { maxRetries = -1, headers = {}, tls = {} })
    end)

    local WRONG = {
        { "option 'maxRetries': expected number, got string", { maxRetries = 'many' } },
        { "option 'maxRetries': expected number, got NaN", { maxRetries = 0 / 0 } },
        { "option 'joinTimeout': expected 0 or more seconds, got -1",
            { joinTimeout = -1 } },
        { "option 'tls': expected table, got boolean", { tls = true } },
        { "option 'tls.verify': expected boolean, got number", { tls = { verify = 1 } } },
        { "option 'headers.X': expected string, got number", { headers = { X = 1 } } },
        { "option 'realm': expected string, got boolean", { realm = true } },
        { "option 'encodings[2]': expected 'json', 'msgpack' or 'cbor', got 'ubjson'",
            { encodings = { 'json', 'ubjson' } } },
        { "option 'hello': must be a dictionary", { hello = 5 } },
        { 'hello.roles.f: function cannot be encoded', { hello = { roles = { f = print } } } },
        { 'unknown field `maxRetry`', { maxRetry = 1 } },
        { 'unknown field `file`', { tls = { file = 'x' } } },
    }

    for _, wrong in ipairs(WRONG) do
        it('are refused: ' .. wrong[1], function()
            local ok, message = configure(wrong[2])
            assert.is_nil(ok)
            assert.truthy(message:find(wrong[1], 1, true), message)
        end)
    end
end)

describe('a core client without a connection', function()
    local client

    before_each(function() client = core.client() end)

    it('is idle and silent', function()
        assert.equal('idle', client:state())
        assert.is_nil(client:session())
        assert.is_nil(client:role 'broker')
        assert.is_nil(client:details())
        assert.equal('json', client:serializer())
        assert.equal(0, select('#', client:next()))
        client:disconnect()
        client:abort()
        client:proceed()
        client:authenticate 'signature'
        client:refuse 'no'
        client:drive()
        client:finish()
        assert.equal(0, select('#', client:next()))
        assert.is_false(client:cancel(1))
    end)

    it('numbers requests from 1, and refuses those for which there is no room', function()
        assert(client:configure { maxQueuedMessages = 2 })
        assert.equal(1, client:publish('a.b', { 1 }))
        assert.equal(2, client:call('a.b', { 1 }))
        assert.same({ nil, 'QUEUE_FULL' }, { client:subscribe(1, 'a.b') })
    end)

    it('keeps what waits for an answer under the number of its request, in one step', function()
        local requests, pending = {}, {}
        assert(client:configure { maxQueuedMessages = 6 })
        assert.equal(1, client:publish('a.b', nil, nil, requests, pending))
        assert.equal(2, client:call('a.b', nil, nil, requests, pending))
        assert.equal(3, client:subscribe(1, 'a.b', nil, requests, pending))
        assert.equal(4, client:register(1, 'a.b', nil, requests, pending))
        assert.equal(5, client:publish('a.b', nil, nil, requests))
        assert.equal(6, client:publish('a.b', nil, nil, nil, pending))
        assert.same({ nil, 'QUEUE_FULL' }, { client:publish('a.b', nil, nil, requests, pending) })
        for number = 1, 4 do assert.equal(pending, requests[number]) end
        assert.equal(4, #requests)
    end)

    it('says what is no URL', function()
        local ok, message = client:connect 'no url'
        assert.is_nil(ok)
        assert.equal('Invalid URL:no url', message)
    end)

    it('waits no longer than it is told', function()
        assert.is_false(client:wait(0))
        assert.is_false(client:wait(0.01))
        assert.is_false(client:wait(-1))
    end)

    it('has one descriptor', function()
        local fd = client:fd()
        assert.is_number(fd)
        assert.equal(fd, client:fd())
    end)

    it('tells that nobody listens', function()
        assert(client:configure { realm = 'realm1', autoReconnect = false })
        assert(client:connect 'ws://127.0.0.1:1/')
        local notices = {}
        repeat
            client:wait(1)
            client:drive()
            local kind, text = client:next()
            while kind do
                notices[#notices + 1] = kind
                if kind == core.kinds.ERROR then assert.is_string(text) end
                kind, text = client:next()
            end
            client:finish()
        until notices[1]
        assert.same({ core.kinds.ERROR }, notices)
        assert.equal('idle', client:state())
    end)

    it('is collected with everything it holds', function()
        local weak = setmetatable({}, { __mode = 'v' })
        for i = 1, 100 do
            weak[i] = core.client()
            weak[i]:fd()
        end
        collectgarbage()
        collectgarbage()
        assert.is_nil(next(weak))
    end)
end)

for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
    describe('a core client in ' .. format, function()
        local s
        local details = marked('object', {})

        before_each(function() s = session.open(format) end)
        after_each(function() s:close() end)

        it('knows its session', function()
            assert.equal('joined', s.client:state())
            assert.equal(4711, s.client:session())
            assert.is_true(s.client:role 'broker')
            assert.is_false(s.client:role 'other')
            assert.equal(format, s.client:serializer())
            assert.is_table(s.client:details().roles.dealer.features)
        end)

        it('hands out events', function()
            assert.equal(1, s.client:subscribe(5, 'a.b', { match = 'prefix' }))
            s:heard()
            s:say { 33, 1, 2000 }
            assert.same({ 'ACKNOWLEDGED', 1, 2000 }, s:notice())
            s:say { 36, 2000, 3000, { publisher = 1 }, { 1, 'a' }, { k = true } }
            assert.same({ 'EVENT', 5, { publisher = 1 }, { 1, 'a' }, { k = true }, 3000 }, s:notice())
            s:say { 36, 2000, 3001, details, { 1 } }
            assert.same({ 'EVENT', 5, {}, { 1 }, nil, 3001 }, s:notice())
            s:say { 36, 2000, 3002, details }
            local event = s:notice()
            assert.same({ 'EVENT', 5, {}, nil, nil, 3002 }, event)
            assert.equal('object', getmetatable(event[3]).__jsontype)
        end)

        it('hands out results', function()
            assert.equal(1, s.client:call('x.y', { 1 }, { receive_progress = true }))
            s:heard()
            s:say { 50, 1, { progress = true }, { 1 } }
            assert.same({ 'RESULT', 1, true, { progress = true }, { 1 } }, s:notice())
            s:say { 50, 1, details, { 2 }, { k = 1 } }
            assert.same({ 'RESULT', 1, false, {}, { 2 }, { k = 1 } }, s:notice())
        end)

        it('hands out errors, and cancels', function()
            assert.equal(1, s.client:call('x.y'))
            s:heard()
            assert.is_true(s.client:cancel(1, 'kill'))
            assert.same({ 49, 1, { mode = 'kill' } }, (core.decode(format, s:heard())))
            s:say { 8, 48, 1, { d = 1 }, 'wamp.error.canceled', { 'why' }, { k = 1 } }
            assert.same({ 'FAILED', 1, 'wamp.error.canceled', { d = 1 }, { 'why' }, { k = 1 } }, s:notice())
            assert.is_false(s.client:cancel(1))
        end)

        it('hands out invocations, and that they are interrupted', function()
            assert.equal(1, s.client:register(9, 'x.y'))
            s:heard()
            s:say { 65, 1, 1000 }
            s:notice()
            s:say { 68, 1, 1000, { caller = 5 }, { 1 }, { k = 2 } }
            local notice = s:notice()
            assert.same({ 'INVOCATION', 9, notice[3], { caller = 5 }, { 1 }, { k = 2 } }, notice)
            s:say { 69, 1, { mode = 'kill' } }
            assert.same({ 'INTERRUPT', notice[3], 'kill' }, s:notice())
            s:heard()
            s:say { 68, 2, 4000, details }
            assert.same({ 'UNKNOWN_INVOCATION' }, s:notice())
        end)

        it('hands out the end', function()
            s:say { 6, details, 'wamp.close.system_shutdown' }
            s:heard()
            s.peer:close()
            assert.same({ 'CLOSED' }, s:notice())
            assert.equal('idle', s.client:state())
        end)

        it('hands out ABORT', function()
            s:say { 3, { message = 'no' }, 'wamp.error.not_authorized' }
            assert.same({ 'ERROR', 'wamp.error.not_authorized', { message = 'no' } }, s:notice())
        end)
    end)
end

describe('what cannot be read', function()
    local s
    -- Deeper than values may nest.
    local deep = ('['):rep(200) .. (']'):rep(200)

    before_each(function()
        s = session.callee 'json'
        assert(s.client:subscribe(5, 'a.b'))
        s:heard()
        s:say { 33, 2, 2000 }
        s:notice()
    end)
    after_each(function() s:close() end)

    it('an event: an error of the instance', function()
        s.peer:send('[36,2000,3000,{},' .. deep .. ']')
        local notice = s:notice()
        assert.equal('ERROR', notice[1])
        assert.matches('^cannot read an event: nested more than 128 levels deep', notice[2])
    end)

    it('a result: an error of the call', function()
        local request = s.client:call 'x.y'
        s:heard()
        s.peer:send(('[50,%d,{},%s]'):format(3, deep))
        local notice = s:notice()
        assert.matches('nested more than 128 levels deep', table.remove(notice)[1])
        assert.same({ 'FAILED', request, 'wamp.error.invalid_argument', {} }, notice)
    end)

    it('an error: without its arguments', function()
        local request = s.client:call 'x.y'
        s:heard()
        s.peer:send(('[8,48,%d,{},"e",%s]'):format(3, deep))
        assert.same({ 'FAILED', request, 'e', {} }, s:notice())
    end)

    it('an invocation: the caller is told', function()
        s.peer:send('[68,1,1000,{},[],{"k":' .. deep .. '}]')
        assert.equal('ERROR', s:notice()[1])
        assert.matches('^%[8,68,1,{},"wamp.error.invalid_argument",%["nested more', s:heard())
    end)

    it('null in the place of arguments: null', function()
        s.peer:send '[36,2000,3000,{},null]'
        assert.equal(core.null, s:notice()[4])
    end)
end)
