--- What other people's clients do with ours: a list of `name`, `play(cell, theirs, ours, other)`, with two sessions of
-- theirs and a client of ours, and `playable(cell)`.

local lacks = require 'spec.support.interop.lacks'

local LIST = {}

-- `needs` is what a client may lack, or a function that tells of a combination whether it has what is needed.
local function feature(name, play, needs)
    local function playable(cell)
        if type(needs) == 'function' then return needs(cell) end
        return not lacks[cell.name][needs or name]
    end
    table.insert(LIST, { name = name, play = play, playable = playable })
end

require 'spec.support.interop.pubsub'(feature)
require 'spec.support.interop.rpc'(feature)
require 'spec.support.interop.meta'(feature)
require 'spec.support.interop.http'(feature)

return LIST
