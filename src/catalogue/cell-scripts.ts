import { countCell } from './room-scripts.ts';

/**
 * Keys: cell, lease, mark, ends, bytes. Arguments: token, lease in ms, ms apart, changes seen, ms to keep the counters,
 * most bytes of such cells; 0 where they are not counted.
 */
export const beginScript = `${countCell}
  if redis.call('EXISTS', KEYS[2]) == 1 then return false end
  if (redis.call('HGET', KEYS[1], 'changes') or '0') ~= ARGV[4] then return false end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local last = tonumber(redis.call('HGET', KEYS[1], 'begunAt') or '0')
  if math.abs(now - last) < tonumber(ARGV[3]) then return false end
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  local seq = redis.call('HINCRBY', KEYS[1], 'begun', 1)
  redis.call('HINCRBY', KEYS[1], 'changes', 1)
  redis.call('HSET', KEYS[1], 'begunAt', now)
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[5]) then redis.call('PEXPIRE', KEYS[1], ARGV[5]) end
  countCell(KEYS[4], KEYS[5], KEYS[1], tonumber(ARGV[6]))
  return { seq, tonumber(redis.call('GET', KEYS[3]) or '0'), now }`;

/** Key: lease. Arguments: token, lease in ms. */
export const renewScript = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** A Redis that evicts may forget a cell while it is read: then its count of walks goes on where it was. */
const goOn = `
  local function goOn(cell, seq)
    if tonumber(redis.call('HGET', cell, 'begun') or '0') < tonumber(seq) then redis.call('HSET', cell, 'begun', seq) end
    redis.call('HINCRBY', cell, 'changes', 1)
  end`;

/**
 * Keys: cell, lease, ends, bytes. Arguments: token, value, asOf, seq, seenMark, ms to keep the cell, most bytes of such
 * cells; 0 where they are not counted.
 */
export const commitScript = `${countCell}${goOn}
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  goOn(KEYS[1], ARGV[4])
  redis.call('HSET', KEYS[1], 'value', ARGV[2], 'asOf', ARGV[3], 'seq', ARGV[4], 'seenMark', ARGV[5])
  redis.call('HDEL', KEYS[1], 'failure', 'failedAt')
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  countCell(KEYS[3], KEYS[4], KEYS[1], tonumber(ARGV[7]))
  redis.call('DEL', KEYS[2])
  return 1`;

/**
 * Keys: cell, lease, ends, bytes. Arguments: token, failure, seq, ms to keep it, most bytes of such cells; 0 where they
 * are not counted.
 */
export const failScript = `${countCell}${goOn}
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  local time = redis.call('TIME')
  local at = time[1] * 1000 + math.floor(time[2] / 1000)
  goOn(KEYS[1], ARGV[3])
  redis.call('HSET', KEYS[1], 'failure', ARGV[2], 'failedAt', at)
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
  countCell(KEYS[3], KEYS[4], KEYS[1], tonumber(ARGV[5]))
  redis.call('DEL', KEYS[2])
  return 1`;
