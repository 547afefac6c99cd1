import { z } from 'zod';
import { connectionFields, isSandboxOnLoopback } from './connection.config.ts';
import { anyway } from './fields.ts';

/** What a configuration has to know of a platform. */
export interface ConfigurablePlatform {
  readonly name: string;
  readonly title: string;
  /** What a connection of it is configured with, on top of what every connection has. */
  readonly settings: z.ZodObject;
}

/** One connection of the file, whatever its platform. */
export function connectionSchemaOf(platforms: readonly ConfigurablePlatform[]) {
  const [first, ...others] = platforms.map(({ name, title, settings }) =>
    settings
      .safeExtend({
        platform: z.literal(name).meta({ description: `A connection to ${title}.` }),
        ...connectionFields,
      })
      .refine(isSandboxOnLoopback, {
        path: ['sandbox'],
        message: 'is for sandboxes on loopback only, and baseUrl leads elsewhere',
        when: anyway,
      }),
  );
  if (first === undefined) throw new Error('no platform is listed in platforms/index.ts');
  return z.discriminatedUnion('platform', [first, ...others]);
}

const mostConnections = 200;

/** The section of the file that names the accounts on platforms. */
export function connectionsSectionOf(platforms: readonly ConfigurablePlatform[]) {
  return z
    .record(
      z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be a connection id: a-z, 0-9 and -, 40 at most'),
      connectionSchemaOf(platforms),
    )
    .refine((all) => Object.keys(all).length > 0, 'must name at least one connection')
    .refine(
      (all) => Object.keys(all).length <= mostConnections,
      'must name 200 connections at most',
    )
    .meta({
      description:
        'The accounts on platforms, by id: a-z, 0-9 and -, 40 at most. Ids of processes begin with it.',
      minProperties: 1,
      maxProperties: mostConnections,
    });
}
