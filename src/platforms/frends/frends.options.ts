import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';

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
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  agentGroup?: string;
}
