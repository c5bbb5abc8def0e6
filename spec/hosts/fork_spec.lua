--- fork(2): each side goes on with clients of its own, whichever was there before, and neither disturbs the other.

local host = require 'spec.support.host'

-- A router that neither side has, and what both say.
local PRELUDE = [[
    local ev = require 'ev'
    local process = helper.router_process()
    local url, box = process.url, helper.mailbox()

    -- A client that hears what is said to `name`.
    local function listening(name)
        local client = helper.joined(url, { onClose = box:on 'onClose', onError = box:on 'onError' })
        helper.subscribed(client, name, function(event) box:on 'event' (event.argsList[1]) end)
        return client
    end

    -- What the child does, and how it ends.
    local function child(play, leave)
        local pid = assert(host.fork())
        if pid ~= 0 then return pid end
        local ok, message = pcall(play)
        if not ok then
            io.stderr:write('child: ', tostring(message), '\n')
            host.leave(9)
        end
        leave(0)
    end

    local function exit_closing(code) os.exit(code, true) end

    local function said(client, topic, what)
        local outcome = helper.published(client, topic, what, { exclude_me = false })
        assert(outcome == 'onSuccess', outcome)
    end

    local function heard(what)
        local event = box:expect 'event'
        assert(event == what, ('expected %s, heard %s'):format(what, event))
    end

    local function ended(pid)
        local how, code = host.wait(pid)
        assert(how == 'exit' and code == 0, how .. ' ' .. code)
    end
]]

local function run(program)
    return host.run(PRELUDE .. program .. "\nhelper.close() print 'all went on'")
end

local DONE = 'all went on\nstatus 0'

describe('fork #hosts', function()
    it('before the first connect: both sides connect', function()
        assert.equal(DONE, run [[
            local pid = child(function()
                said(listening 'of.child', 'of.child', 'mine')
                heard 'mine'
            end, os.exit)
            said(listening 'of.parent', 'of.parent', 'mine')
            heard 'mine'
            ended(pid)
        ]])
    end)

    for _, leave in ipairs { 'os.exit', 'exit_closing', 'host.leave' } do
        it('after it: the parent keeps its session, the child makes its own and ends by ' .. leave, function()
            assert.equal(DONE, run(([[
                local client = listening 'to.parent'
                local session = client:getSessionId()
                local pid = child(function()
                    box:expect 'onClose'
                    assert(client:getSessionId() == nil)
                    client:options().onConnect = box:on 'onConnect'
                    client:connect(url)
                    box:expect 'onConnect'
                    assert(client:getSessionId() ~= session)
                    said(client, 'to.parent', 'from the child')
                end, %s)
                heard 'from the child'
                ended(pid)
                assert(client:getSessionId() == session)
                said(client, 'to.parent', 'still here')
                heard 'still here'
                assert(box:names() == '', box:names())
            ]]):format(leave)))
        end)

        it('a child that does nothing with its copies ends by ' .. leave, function()
            assert.equal(DONE, run(([[
                local client = listening 'to.parent'
                local router = helper.router {}
                local near = helper.joined(router:url())
                for _ = 1, 5 do ended(child(function() end, %s)) end
                said(client, 'to.parent', 'still here')
                heard 'still here'
                assert(near:getSessionId() and helper.joined(router:url()):getSessionId())
                assert(box:names() == '', box:names())
            ]]):format(leave)))
        end)
    end

    it('a parent that is killed is gone for the router, though a child that does nothing lives on', function()
        assert.equal(DONE, run [[
            local client = listening 'to.parent'
            local fifo = os.tmpname()
            os.remove(fifo)
            os.execute('mkfifo ' .. fifo)
            local pid = child(function()
                box:expect 'onClose'
                local own = helper.joined(url)
                helper.registered(own, 'die', function()
                    child(function() io.open(fifo):read '*a' end, host.leave)
                    host.kill(host.pid(), 9)
                end)
                said(own, 'to.parent', 'ready')
                box:expect 'nothing'
            end, os.exit)
            heard 'ready'
            assert(helper.called(client, 'die') == 'onError')
            assert(host.wait(pid) == 'signal')
            io.open(fifo, 'w'):close()
            os.remove(fifo)
        ]])
    end)

    it('a child with a new client leaves the inherited one, and the loop of its parent, alone', function()
        assert.equal(DONE, run [[
            local client = listening 'to.parent'
            local pid = child(function()
                client:options().onClose = nil
                local own = helper.joined(url)
                -- what comes to the child while it does not look must not wake its parent
                helper.subscribed(own, 'to.child', function() end)
                said(own, 'to.parent', 'go')
                for _ = 1, 50 do own:publish('to.child', 1, nil, { exclude_me = false }) end
                os.execute 'sleep 1'
            end, os.exit)
            heard 'go'
            local cpu, rounds = os.clock(), ev.Loop.default:iteration()
            ev.Timer.new(box:on 'timer', 0.8):start(ev.Loop.default)
            box:expect 'timer'
            assert(os.clock() - cpu < 0.2, 'the loop spun')
            assert(ev.Loop.default:iteration() - rounds < 20, 'the child woke its parent')
            ended(pid)
        ]])
    end)

    it('a child that polls its client needs no loop', function()
        assert.equal(DONE, run [[
            local client = listening 'to.parent'
            local pid = child(function()
                local seen
                client:options { onClose = function() seen = true end }
                while not seen do client:poll(1) end
                client:options { onConnect = function() seen = 'joined' end }
                client:connect(url)
                while seen ~= 'joined' do client:poll(1) end
                client:publish('to.parent', 'polled')
            end, os.exit)
            heard 'polled'
            ended(pid)
        ]])
    end)

    it('grandchildren', function()
        assert.equal(DONE, run [[
            local client = listening 'to.parent'
            local function again(depth)
                return child(function()
                    box:expect 'onClose'
                    client:options().onConnect = box:on 'onConnect'
                    client:connect(url)
                    box:expect 'onConnect'
                    client:options().onConnect = nil
                    if depth < 3 then ended(again(depth + 1)) end
                    said(client, 'to.parent', depth)
                end, os.exit)
            end
            local pid = again(1)
            heard(3)
            heard(2)
            heard(1)
            ended(pid)
        ]])
    end)

    it('with a router inside: it stays with the parent, and its port is free when it stops', function()
        assert.equal(DONE, run [[
            local router = helper.router {}
            local here = router:url()
            local near, client = helper.joined(here), listening 'to.parent'
            local pid = child(function()
                client:options().onClose = nil
                router:stop()
                -- both its own router and its parent's
                local own = helper.router {}
                assert(helper.joined(own:url()):getSessionId() and helper.joined(here):getSessionId())
                said(listening 'to.child', 'to.parent', 'ready')
                heard 'end'
            end, os.exit)
            heard 'ready'
            assert(near:getSessionId())
            router:stop()
            local another = helper.router { listen = here }
            assert(another:url() == here and helper.joined(here):getSessionId())
            said(client, 'to.child', 'end')
            ended(pid)
        ]])
    end)

    it('again and again while other threads talk', function()
        assert.equal(DONE, run [[
            local states = {}
            for i = 1, 3 do
                states[i] = host.state([=[
                    local url, topic, rounds = ...
                    local helper = require 'spec.helper'
                    local client, box = helper.joined(url), helper.mailbox()
                    helper.subscribed(client, topic, box:on 'event')
                    for _ = 1, tonumber(rounds) do
                        client:publish(topic, 1, nil, { exclude_me = false })
                        box:expect 'event'
                    end
                ]=], url, 'thread.' .. i, '400')
                host.start(states[i], true)
            end
            local client = listening 'to.parent'
            for round = 1, 12 do
                local pid = child(function()
                    client:options { onClose = false }
                    said(helper.joined(url), 'to.parent', round)
                end, round % 2 == 0 and os.exit or host.leave)
                heard(round)
                ended(pid)
            end
            for _, state in ipairs(states) do assert(host.join(state)) end
        ]])
    end)
end)
