--- Plays random sequences on the public interface: tools/run LUA [dev] soak/sequences.lua [ROUNDS] [SEED] [LENGTH]

local sequences = require 'spec.support.sequences'

local rounds, seed, length = tonumber(arg[1] or 100), tonumber(arg[2] or os.time() * 1000), tonumber(arg[3] or 120)
local wrong = 0
for round = 0, rounds - 1 do
    local message = sequences.round(seed + round, length)
    if message then
        print(message)
        wrong = wrong + 1
    end
    if (round + 1) % 50 == 0 then print(('%d of %d sequences'):format(round + 1, rounds)) end
end
print(('%d sequences from seed %d, %d wrong'):format(rounds, seed, wrong))
os.exit(wrong == 0)
