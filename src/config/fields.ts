import { z } from 'zod';

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const unitsBytes = { B: 1, KB: 1_024, MB: 1_024 ** 2, GB: 1_024 ** 3 } as const;

const notDuration = 'must be a duration, as 250ms, 30s, 10m, 24h or 7d';
const notSize = 'must be a size, as 512KB, 64MB or 2GB';

const span = z
  .string(notDuration)
  .regex(/^\d+(ms|s|m|h|d)$/, notDuration)
  .transform((text) => {
    const [, count = '0', unit = 'ms'] = /^(\d+)(\w+)$/.exec(text) ?? [];
    return Number(count) * unitsMs[unit as keyof typeof unitsMs];
  });

/** Far below the largest expiry that Redis takes, which `for ever` in days is not. */
const longestMs = 365 * unitsMs.d;

/** A span of time as `250ms`, `30s`, `10m`, `24h` or `7d`; gives ms. */
export const duration = span
  .refine((ms) => ms <= longestMs, 'must be 365d at most')
  .meta({ description: 'A duration: a number and one of ms, s, m, h, d; 365d at most.' });

const longestTimerMs = unitsMs.d;

/** A time that something is waited for: not nothing, and not longer than a timer can. */
export const patience = span
  .refine((ms) => ms >= 1 && ms <= longestTimerMs, 'must be 1ms at least and 1d at most')
  .meta({ description: 'A duration: a number and one of ms, s, m, h, d; 1d at most.' });

/** A count of bytes as `512KB`, `64MB` or `2GB`; gives bytes. */
export const size = z
  .string(notSize)
  .regex(/^\d+(B|KB|MB|GB)$/, notSize)
  .transform((text) => {
    const [, count = '0', unit = 'B'] = /^(\d+)(\w+)$/.exec(text) ?? [];
    return Number(count) * unitsBytes[unit as keyof typeof unitsBytes];
  })
  .meta({ description: 'A size: a number and one of B, KB, MB, GB (of 1024).' });

/** An absolute http(s) URL without credentials, query or fragment. */
export const httpUrl = z
  .string()
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    if (!/^https?:$/.test(url.protocol)) return false;
    return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  }, 'must be an http or https URL without credentials, query or fragment')
  .transform((text) => new URL(text))
  .meta({ pattern: '^[Hh][Tt][Tt][Pp][Ss]?:' });

/** Whether a host is this machine and no other (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback({ hostname }: URL): boolean {
  return /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** For `when` of a refinement: it is looked at whatever else is wrong, so that everything is named at once. */
export function anyway(): boolean {
  return true;
}
