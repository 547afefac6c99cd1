import { getSchemaPath } from '@nestjs/swagger';
import type { Platform } from '../../platforms/platform.ts';
import { StartRunDto } from './start-run.dto.ts';

/** The schema of a start's body: what every start takes, and the options of each platform. */
export function startBody(platforms: readonly Platform[]): object {
  return {
    allOf: [
      { $ref: getSchemaPath(StartRunDto) },
      {
        type: 'object',
        properties: {
          options: {
            description: `What the platform of the process alone knows: ${platforms.map(({ title, startOptions }) => `\`${startOptions.name}\` of ${title}`).join(', ')}.`,
            anyOf: platforms.map(({ startOptions }) => ({ $ref: getSchemaPath(startOptions) })),
          },
        },
      },
    ],
    example: {},
  };
}
