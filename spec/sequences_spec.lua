--- Random sequences on the public interface, in a short form: `soak/sequences.lua` plays more of them.

local sequences = require 'spec.support.sequences'

describe('whatever programs do while their router dies', function()
    for round = 1, 4 do
        it('the rules hold, round ' .. round, function()
            local wrong = sequences.round(tonumber(os.getenv 'SEED') or os.time() * 10 + round, 80)
            assert(not wrong, wrong)
        end)
    end
end)
