/**
 * Lua that holds a sum of bytes: `ends` (sorted set) has when each key ends, `bytes` (hash) what each takes, and their
 * sum under the empty name. What ends first makes room, but for cells that are being read; a key that is larger than all of
 * it stands alone.
 */
const makeRoom = `
  local function makeRoom(ends, bytes, key, size, most, keepMs)
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local function forget(name)
      redis.call('ZREM', ends, name)
      local known = redis.call('HGET', bytes, name)
      if not known then return end
      redis.call('HINCRBY', bytes, '', '-' .. known)
      redis.call('HDEL', bytes, name)
    end
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 100)) do forget(name) end
    forget(key)
    local passed = 0
    while (tonumber(redis.call('HGET', bytes, '')) or 0) + size > most do
      local first = redis.call('ZRANGE', ends, passed, passed)[1]
      if not first then break end
      -- Who waits for a walk knows it by the counts of its cell.
      local lease = string.gsub(first, ':cell:', ':lease:', 1)
      if lease ~= first and redis.call('EXISTS', lease) == 1 then
        passed = passed + 1
      else
        forget(first)
        redis.call('DEL', first)
      end
    end
    redis.call('ZADD', ends, now + keepMs, key)
    redis.call('HSET', bytes, key, size)
    redis.call('HINCRBY', bytes, '', size)
    for _, each in ipairs({ ends, bytes }) do
      if redis.call('PTTL', each) < keepMs then redis.call('PEXPIRE', each, keepMs) end
    end
  end`;

/**
 * Counts a cell as it is now, whatever it holds: `countCell(ends, bytes, cell, most)`; 0: it is not counted. Its name
 * stands three times, and its members need some room of their own.
 */
export const countCell = `${makeRoom}
  local function countCell(ends, bytes, cell, most)
    if most == 0 then return end
    local size = 3 * #cell + 700
    for _, member in ipairs({ 'value', 'failure' }) do size = size + redis.call('HSTRLEN', cell, member) end
    makeRoom(ends, bytes, cell, size, most, redis.call('PTTL', cell))
  end`;

/** Keys: where it is kept, ends, bytes. Arguments: value, ms to keep it, its size, most bytes. */
export const keepWithinScript = `${makeRoom}
  local keepMs = tonumber(ARGV[2])
  makeRoom(KEYS[2], KEYS[3], KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]), keepMs)
  redis.call('SET', KEYS[1], ARGV[1], 'PX', keepMs)`;
