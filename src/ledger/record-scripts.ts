/**
 * Keys: record, events, a sorted set where there is one, that of open records where it goes there, and those of a condition where
 * there is one. Arguments: doc, ledger,
 * evidence, channel, id, ms to keep its events, time after which it is too late, ms to keep it or 0, its place in the set or
 * '', how many keys the condition has, what must stand under them, what stands there then, ms to keep that, which key is that of open records or 0,
 * its place there. Gives 0 when
 * there is one already, -1 when it is too late, or was withdrawn: who waited for the answer has given up; -2 when the
 * condition does not hold.
 */
export const createScript = `
  if redis.call('HEXISTS', KEYS[1], 'withdrawn') == 1 then return -1 end
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
  local time = redis.call('TIME')
  if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[7]) then return -1 end
  local conditional = #KEYS - tonumber(ARGV[10]) + 1
  for at = conditional, #KEYS do
    if redis.call('GET', KEYS[at]) ~= ARGV[11] then return -2 end
  end
  for at = conditional, #KEYS do redis.call('SET', KEYS[at], ARGV[12], 'PX', ARGV[13]) end
  redis.call('HSET', KEYS[1], 'doc', ARGV[1], 'version', 1, 'revision', 1)
  if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'ledger', ARGV[2]) end
  if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'evidence', ARGV[3]) end
  if ARGV[8] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[8]) end
  if ARGV[9] ~= '' then redis.call('ZADD', KEYS[3], ARGV[9], ARGV[5]) end
  if ARGV[14] ~= '0' then redis.call('ZADD', KEYS[tonumber(ARGV[14])], ARGV[15], ARGV[5]) end
  redis.call('XADD', KEYS[2], '1-1', 'doc', ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  redis.call('PUBLISH', ARGV[4], ARGV[5])
  return 1`;

/**
 * Keys: record, events, and a sorted set where there is one. Arguments: version that it must have, doc or '', ledger or '',
 * 1 to drop the evidence, channel, id, ms to keep it or 0, events kept, ms to keep its events, its place in the set or ''
 * when it does not belong there, evidence or ''. Gives the revision, or 0 when it has another version.
 */
export const changeScript = `
  if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
  redis.call('HINCRBY', KEYS[1], 'version', 1)
  if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'ledger', ARGV[3]) end
  if ARGV[11] ~= '' then redis.call('HSET', KEYS[1], 'evidence', ARGV[11]) end
  if ARGV[4] == '1' then redis.call('HDEL', KEYS[1], 'evidence') end
  local revision = tonumber(redis.call('HGET', KEYS[1], 'revision'))
  if ARGV[2] ~= '' then
    revision = redis.call('HINCRBY', KEYS[1], 'revision', 1)
    redis.call('HSET', KEYS[1], 'doc', ARGV[2])
    if ARGV[10] ~= '' then redis.call('ZADD', KEYS[3], ARGV[10], ARGV[6])
    elseif KEYS[3] then redis.call('ZREM', KEYS[3], ARGV[6]) end
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], revision .. '-1', 'doc', ARGV[2])
    redis.call('PEXPIRE', KEYS[2], ARGV[9])
    redis.call('PUBLISH', ARGV[5], ARGV[6])
  end
  if ARGV[7] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[7]) else redis.call('PERSIST', KEYS[1]) end
  return revision`;

/**
 * Keys: record, events. Argument: ms in which one that is still on its way may come. Removes a record as it was made, and
 * keeps it from being made for a while; gives 0 when it has been changed since.
 */
export const withdrawScript = `
  local version = redis.call('HGET', KEYS[1], 'version')
  if version and version ~= '1' then return 0 end
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'withdrawn', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return 1`;

/**
 * Keys: record, events. Arguments: version that it must have, channel, id. Removes a record, and tells who watches it; gives
 * 0 when it has another version.
 */
export const removeScript = `
  if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
  redis.call('UNLINK', KEYS[1], KEYS[2])
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  return 1`;
