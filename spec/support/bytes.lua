--- Whole numbers as bytes, and SHA-1, on Luas with and without operators for bits.

local M = {}

local byte, char, floor = string.byte, string.char, math.floor

local WORD = 4294967296

-- Of two numbers from 0 to 15.
local XOR, AND = {}, {}
for a = 0, 15 do
    for b = 0, 15 do
        local xor, both = 0, 0
        for _, bit in ipairs { 1, 2, 4, 8 } do
            local in_a, in_b = a % (2 * bit) >= bit, b % (2 * bit) >= bit
            if in_a ~= in_b then xor = xor + bit end
            if in_a and in_b then both = both + bit end
        end
        XOR[a * 16 + b], AND[a * 16 + b] = xor, both
    end
end

local function combined(a, b, of)
    local result, unit = 0, 1
    while a > 0 or b > 0 do
        result = result + of[a % 16 * 16 + b % 16] * unit
        a, b, unit = floor(a / 16), floor(b / 16), unit * 16
    end
    return result
end

--- Bitwise exclusive or.
function M.xor(a, b) return combined(a, b, XOR) end

local xor = M.xor
local function both(a, b) return combined(a, b, AND) end

--- The number in so many bytes, the most significant one first.
function M.big_endian(number, bytes)
    local result = {}
    for i = bytes, 1, -1 do
        result[i] = char(number % 256)
        number = floor(number / 256)
    end
    return table.concat(result)
end

--- The number that those bytes say, the most significant one first.
function M.counted(bytes)
    local number = 0
    for i = 1, #bytes do number = number * 256 + byte(bytes, i) end
    return number
end

local function rotated(word, bits)
    local left = WORD / 2 ^ bits
    return floor(word / left) + word % left * 2 ^ bits
end

-- The words of a block, and what is made of them (RFC 3174, section 6.1).
local function schedule(block)
    local w = {}
    for i = 0, 15 do w[i] = M.counted(block:sub(4 * i + 1, 4 * i + 4)) end
    for i = 16, 79 do w[i] = rotated(xor(xor(w[i - 3], w[i - 8]), xor(w[i - 14], w[i - 16])), 1) end
    return w
end

-- The function and the constant of a round (RFC 3174, section 5).
local function mixed(round, b, c, d)
    if round < 20 then return xor(d, both(b, xor(c, d))) + 0x5A827999 end
    if round < 40 then return xor(xor(b, c), d) + 0x6ED9EBA1 end
    if round < 60 then return both(b, c) + both(d, xor(b, c)) + 0x8F1BBCDC end
    return xor(xor(b, c), d) + 0xCA62C1D6
end

--- The SHA-1 digest of a text. A process of its own for each would take longer.
function M.sha1(text)
    local message = text .. '\128' .. ('\0'):rep((55 - #text) % 64) .. M.big_endian(#text * 8, 8)
    local hash = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0 }
    for begin = 1, #message, 64 do
        local w = schedule(message:sub(begin, begin + 63))
        local a, b, c, d, e = hash[1], hash[2], hash[3], hash[4], hash[5]
        for round = 0, 79 do
            local first = (rotated(a, 5) + mixed(round, b, c, d) + e + w[round]) % WORD
            a, b, c, d, e = first, a, rotated(b, 30), c, d
        end
        for i, word in ipairs { a, b, c, d, e } do hash[i] = (hash[i] + word) % WORD end
    end
    for i = 1, 5 do hash[i] = M.big_endian(hash[i], 4) end
    return table.concat(hash)
end

return M
