--- Plain HTTP by what other people's languages have for that: urllib of Python, fetch of Node.

local assert = require 'luassert'
local common = require 'spec.support.interop.common'
local json = require 'loowy.json_serializer'

-- Where there is HTTP, and once is enough.
local function speaks(cell)
    return cell.format == 'json' and (cell.transport == 'ws' or cell.transport == 'wss')
end

return function(feature)
    feature('GET /health', function(cell)
        local answer = cell.http('GET', '/health')
        local health = json.decode(answer.body)
        assert.same({ 200, 'ok', 'number' }, { answer.status, health.status, type(health.sessions) })
        assert.equal(404, cell.http('GET', '/elsewhere').status)
    end, speaks)

    feature('publishing by POST', function(cell, theirs)
        local topic = cell.uri 'topic'
        assert(theirs:subscribe { topic = topic, name = 'topic' })
        local answer = cell.post {
            topic = topic, args = { 1, 'ž' }, kwargs = { k = { 2 } }, options = { disclose_me = true } }
        assert.equal(200, answer.status)
        local args, kwargs, about = common.hears(theirs, 'topic')
        assert.same({ { 1, 'ž' }, { k = { 2 } }, 'web' }, { args, kwargs, about.publisher_authrole })
        assert.equal('number', type(json.decode(answer.body).id))
        -- Not so.
        assert.equal(401, cell.post({ topic = topic }, { Authorization = 'Bearer wrong' }).status)
        assert.equal(400, cell.post({ args = { 1 } }).status)
        assert.equal(415, cell.post({ topic = topic }, { ['Content-Type'] = 'text/plain' }).status)
    end, speaks)
end
