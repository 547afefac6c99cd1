import { z } from 'zod';

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const unitsBytes = { B: 1, KB: 1_024, MB: 1_024 ** 2, GB: 1_024 ** 3 } as const;

/** A span of time as `250ms`, `30s`, `10m`, `24h` or `7d`; gives ms. */
export const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'must be a duration, as 250ms, 30s, 10m, 24h or 7d')
  .transform((text) => {
    const [, count = '0', unit = 'ms'] = /^(\d+)(\w+)$/.exec(text) ?? [];
    return Number(count) * unitsMs[unit as keyof typeof unitsMs];
  })
  .meta({ description: 'A duration: a number and one of ms, s, m, h, d.' });

/** A count of bytes as `512KB`, `64MB` or `2GB`; gives bytes. */
export const size = z
  .string()
  .regex(/^\d+(B|KB|MB|GB)$/, 'must be a size, as 512KB, 64MB or 2GB')
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
  .transform((text) => new URL(text));
