-- A binary heap of timers: the one that is due first is heap[1]. An element has its due time in `at`; `order` settles
-- ties; its place is in `index`.

local heap = {}

local function before(a, b)
    return a.at < b.at or a.at == b.at and a.order < b.order
end

local function up(items, item, i)
    while i > 1 do
        local parent = (i - i % 2) / 2
        local above = items[parent]
        if not before(item, above) then break end
        items[i], above.index = above, i
        i = parent
    end
    items[i], item.index = item, i
end

local function down(items, item, i)
    local n = #items
    while 2 * i <= n do
        local child = 2 * i
        if child < n and before(items[child + 1], items[child]) then child = child + 1 end
        local below = items[child]
        if not before(below, item) then break end
        items[i], below.index = below, i
        i = child
    end
    items[i], item.index = item, i
end

function heap.push(items, item)
    up(items, item, #items + 1)
end

function heap.remove(items, item)
    local i, last = item.index, items[#items]
    items[#items] = nil
    item.index = nil
    if last ~= item then
        items[i] = last
        down(items, last, i)
        up(items, last, last.index)
    end
end

return heap
