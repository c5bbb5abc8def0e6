--- What other people's clients do with ours: a list of `name`, `play(cell, theirs, ours, other)`, with two sessions of
-- theirs and a client of ours, and `playable(cell)`.

local lacks = require 'spec.support.interop.lacks'

local LIST = {}

-- `where` tells of a combination whether it has the place for it; unless given, all have.
local function feature(name, play, where)
    local function playable(cell) return not lacks[cell.name][name] and (not where or where(cell)) end
    table.insert(LIST, { name = name, play = play, playable = playable })
end

require 'spec.support.interop.pubsub'(feature)
require 'spec.support.interop.rpc'(feature)
require 'spec.support.interop.meta'(feature)
require 'spec.support.interop.http'(feature)

return LIST
