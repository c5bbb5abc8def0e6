--- Each feature that other people's clients have, over each transport with each serializer that they speak.

local features = require 'spec.support.interop_features'
local matrix = require 'spec.support.matrix'

local busted = { describe = describe, setup = setup, teardown = teardown }

matrix.describe(busted, 'plays each feature', function(cell)
    teardown(function() cell.close() end)

    for _, feature in ipairs(features.LIST) do
        if not (features.LACKS[cell.name] or {})[feature.name] then
            it(feature.name, function()
                feature.play(cell, cell.company())
            end)
        end
    end
end)
