import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { Omittable } from '../omittable.ts';

/** What a start on Frends may say beside what every start says. */
@ApiSchema({ name: 'FrendsStartOptions', description: 'What Frends alone knows of a start.' })
export class FrendsStartOptions {
  @ApiPropertyOptional({
    type: 'string',
    maxLength: 200,
    example: 'Production Cloud',
    description:
      'Id or name of the agent group to run in, for a process that is deployed to several.',
  })
  @Omittable()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  agentGroup?: string;
}
