import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { Omittable } from '../omittable.ts';

/** More runs than this are no start but a load test. */
const mostRuns = 100;
const robotList = `must be an array of 1 to ${mostRuns} whole numbers from 1 on`;
const count = `must be a whole number from 1 to ${mostRuns}`;
const strategies = ['ModernJobsCount', 'JobsCount', 'Specific'] as const;
const priorities = ['Low', 'Normal', 'High'] as const;

/** What a start on UiPath may say beside what every start says. */
@ApiSchema({
  name: 'UipathStartOptions',
  description: 'What UiPath alone knows of a start. Several robots or jobs are that many runs.',
})
export class UipathStartOptions {
  @ApiPropertyOptional({
    enum: strategies,
    example: 'ModernJobsCount',
    description:
      'How robots are found. `Specific` where `robots` are named, else `ModernJobsCount`; `JobsCount` is for classic folders.',
  })
  @Omittable()
  @IsIn(strategies)
  strategy?: (typeof strategies)[number];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'integer', minimum: 1 },
    minItems: 1,
    maxItems: mostRuns,
    uniqueItems: true,
    example: [301],
    description: 'Numbers of the robots that are to run it, a run each.',
  })
  @Omittable()
  @ArrayUnique({ message: 'must not repeat a robot' })
  @IsInt({ each: true, message: robotList })
  @Min(1, { each: true, message: robotList })
  @ArrayMinSize(1, { message: robotList })
  @ArrayMaxSize(mostRuns, { message: robotList })
  @IsArray({ message: robotList })
  robots?: number[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: mostRuns,
    example: 1,
    description: 'How many runs, on whichever robots are free; not beside `robots`.',
  })
  @Omittable()
  @IsInt({ message: count })
  @Min(1, { message: count })
  @Max(mostRuns, { message: count })
  jobsCount?: number;

  @ApiPropertyOptional({
    enum: priorities,
    example: 'Normal',
    description: 'That of the deployment when left out.',
  })
  @Omittable()
  @IsIn(priorities)
  priority?: (typeof priorities)[number];

  @ApiPropertyOptional({
    type: String,
    pattern: '^[A-Za-z]{1,40}$',
    example: 'Unattended',
    description:
      'The licence of the robot that may take it, in the words of the platform: `Unattended`, `NonProduction`, `Headless`, `Serverless`, `TestAutomation` and others.',
  })
  @Omittable()
  @Matches(/^[A-Za-z]{1,40}$/, { message: 'must be 1 to 40 letters, as Unattended' })
  runtimeType?: string;
}
