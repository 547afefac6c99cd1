import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsObject, IsString, Length } from 'class-validator';
import { IsInstant } from '../../http/query.ts';
import { Omittable } from '../../platforms/omittable.ts';
import type { Native } from '../../domain/native.ts';

const mostLabels = 50;
const labelList = `must be an array of at most ${mostLabels} texts of 1 to 100 characters`;
const shortText = 'must be a text of 1 to 200 characters';

/** What a start may say; an empty body starts the process as it is. */
@ApiSchema({ name: 'StartRun' })
export class StartRunDto {
  /** The run's input. Checked against `inputSchema` of the process where it has one, or of the version that runs where that is known. */
  @ApiPropertyOptional({ type: Object, additionalProperties: true, example: {} })
  @Omittable()
  @IsObject({ message: 'must be a JSON object' })
  input?: Native;

  /** Which version runs, where the platform takes it; the one that is deployed when left out. */
  @ApiPropertyOptional({ type: String, example: '1.4.0' })
  @Omittable()
  @IsString({ message: shortText })
  @Length(1, 200, { message: shortText })
  version?: string;

  /** Which deployment runs (its id); the only one when left out, 409 where there are none or several. */
  @ApiPropertyOptional({ type: String, example: '1042' })
  @Omittable()
  @IsString({ message: shortText })
  @Length(1, 200, { message: shortText })
  deployment?: string;

  /** Words to find the run by. */
  @ApiPropertyOptional({
    type: [String],
    maxItems: mostLabels,
    example: ['nightly'],
  })
  @Omittable()
  @IsArray({ message: labelList })
  @ArrayMaxSize(mostLabels, { message: labelList })
  @IsString({ each: true, message: labelList })
  @Length(1, 100, { each: true, message: labelList })
  labels?: string[];

  /** Not before this instant (RFC 3339), a year ahead at most; the gateway waits with sending it. One that has passed, a day ago at most, starts at once. */
  @ApiPropertyOptional({ example: '2026-12-24T18:00:00Z' })
  @Omittable()
  @IsInstant()
  scheduleAt?: string;

  /** What the process's platform alone knows; each platform has its own members. */
  @ApiPropertyOptional({ type: Object, additionalProperties: true, example: {} })
  @Omittable()
  @IsObject({ message: 'must be a JSON object' })
  options?: Native;
}
