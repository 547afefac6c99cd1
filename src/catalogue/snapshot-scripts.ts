/**
 * Keys: snapshot, its list's cell. Arguments: ms to live at least, id. Gives how long it lives now, or 0 when that was
 * not changed. A pin that another process has set for longer stays.
 */
export const pinScript = `
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local pinned = tonumber(redis.call('HGET', KEYS[1], 'pinnedUntil') or '0')
  redis.call('HSET', KEYS[1], 'pinnedUntil', string.format('%.0f', math.max(pinned, now + tonumber(ARGV[1]))))
  if redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return tonumber(ARGV[1])`;

/** Keys: snapshot, its list's cell. Arguments: ms to live without a pin, id. Gives how long it lives now, or 0. */
export const supersedeScript = `
  local current = redis.call('HGET', KEYS[2], 'value')
  if current and cjson.decode(current).snapshot == ARGV[2] then return 0 end
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local pinned = tonumber(redis.call('HGET', KEYS[1], 'pinnedUntil') or '0')
  local left = math.max(tonumber(ARGV[1]), pinned - now)
  redis.call('PEXPIRE', KEYS[1], left)
  return left`;
