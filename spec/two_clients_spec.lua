-- Two instances in one program: what one of them says in the callback of the other.

local ev = require 'ev'
local helper = require 'spec.helper'
local played = require 'spec.support.played'

local loop = ev.Loop.default

describe('a callback of one instance that speaks through another', function()
    local url, speaker, hearer

    before_each(function()
        url = helper.router():url()
        speaker, hearer = helper.joined(url), helper.joined(url)
    end)
    after_each(helper.close)

    it('is heard in the order in which it spoke', function()
        local box, heard = helper.mailbox(), {}
        local all = box:on 'all'
        helper.subscribed(hearer, 'to.hearer', function(event)
            heard[#heard + 1] = event.argsList[1]
            if #heard == 1500 then all() end
        end)
        helper.subscribed(hearer, 'begin', function()
            for i = 1, 1500 do speaker:publish('to.hearer', { i }) end
        end)
        helper.joined(url):publish('begin', {})
        box:expect 'all'
        for i = 1, 1500 do assert.are.equal(i, heard[i]) end
    end)

    it('is answered while it runs the loop', function()
        local box = helper.mailbox()
        local done = box:on 'done'
        helper.registered(speaker, 'echo', function(data) return { argsList = data.argsList } end)
        helper.subscribed(hearer, 'begin', function()
            local answer
            speaker:call('echo', { 'x' }, function(list)
                answer = list[1]
                loop:unloop()
            end)
            loop:loop()
            done(answer)
        end)
        helper.joined(url):publish('begin', {})
        box:expect 'done'
    end)
end)

describe('in a callback of another instance,', function()
    after_each(played.close)

    for _, way in ipairs { 'disconnect', 'abort' } do
        it(way .. ' comes behind what was said before', function()
            local url = helper.router():url()
            local session = played.joined()
            local other = helper.joined(url)
            local box = helper.mailbox()
            local done = box:on 'done'
            helper.subscribed(other, 'begin', function()
                for i = 1, 3 do session.client:publish('t', { i }) end
                session.client[way](session.client)
                done()
            end)
            helper.joined(url):publish('begin', {})
            box:expect 'done'
            for i = 1, 3 do session:expect(('[16,%d,{},"t",[%d]]'):format(i, i)) end
        end)
    end
end)
