import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Omittable } from '../omittable.ts';

/** A day, in ms. */
const longestDelayMs = 86_400_000;

const delay = `must be a whole number from 0 to ${longestDelayMs}`;

/** Members of a start that may carry its input. */
export const startBodies = ['input', 'body', 'both'] as const;
export type StartBody = (typeof startBodies)[number];

/** What a start on OpenDataDSL may say beside what every start says. */
@ApiSchema({ name: 'OdslStartOptions', description: 'What OpenDataDSL alone knows of a start.' })
export class OdslStartOptions {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: longestDelayMs,
    example: 5_000,
    description: 'How long the platform itself waits before the run begins, in ms.',
  })
  @Omittable()
  @IsInt({ message: delay })
  @Min(0, { message: delay })
  @Max(longestDelayMs, { message: delay })
  delay?: number;

  @ApiPropertyOptional({
    enum: startBodies,
    example: 'input',
    description:
      'The member that carries the input, for a process that reads another one than the connection’s `startBody` says.',
  })
  @Omittable()
  @IsIn(startBodies, { message: `must be one of ${startBodies.join(', ')}` })
  startBody?: StartBody;
}
