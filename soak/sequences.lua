--- Plays ROUNDS random sequences on the public interface. SEED repeats a run, LENGTH is the number of steps of each.

local sequences = require 'spec.support.sequences'

local function number(name, default)
    return tonumber(os.getenv(name) or '') or default
end

local rounds, seed, length = number('ROUNDS', 200), number('SEED', os.time() % 1000000 * 1000), number('LENGTH', 120)
local wrong = 0
for round = 0, rounds - 1 do
    local message = sequences.round(seed + round, length)
    if message then
        print(message)
        wrong = wrong + 1
    end
    if (round + 1) % 50 == 0 then print(('%d of %d sequences'):format(round + 1, rounds)) end
end
print(('%d sequences from SEED=%d, %d wrong'):format(rounds, seed, wrong))
os.exit(wrong == 0)
