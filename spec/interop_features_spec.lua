--- Each feature that other people's clients have, over each transport with each serializer that they speak. What they
-- have not is in spec/support/interop/lacks.lua.

local features = require 'spec.support.interop.features'
local matrix = require 'spec.support.matrix'

local busted = { describe = describe, setup = setup, teardown = teardown }

matrix.describe(busted, 'plays each feature', function(cell)
    teardown(function() cell.close() end)

    for _, feature in ipairs(features) do
        if feature.playable(cell) then
            it(feature.name, function() feature.play(cell, cell.company()) end)
        end
    end
end)
