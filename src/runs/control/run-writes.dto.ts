import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsDefined, IsIn, IsObject, IsString, Length } from 'class-validator';
import { Omittable } from '../../platforms/omittable.ts';
import type { Native } from '../../domain/native.ts';
import { exampleEvent, exampleRun } from '../run-examples.ts';

const textOf = (longest: number): string => `must be a text of 1 to ${longest} characters`;

/** How a run is stopped. */
@ApiSchema({ name: 'CancelRun' })
export class CancelRunDto {
  /** At once, without giving it the chance to end in order, where the platform tells the two apart. */
  @ApiPropertyOptional({ type: Boolean, default: false, example: false })
  @Omittable()
  @IsBoolean({ message: 'must be true or false' })
  force?: boolean;

  /** With the runs that it has started itself, where the platform can. */
  @ApiPropertyOptional({ type: Boolean, default: false, example: false })
  @Omittable()
  @IsBoolean({ message: 'must be true or false' })
  cascade?: boolean;
}

/** What a waiting run goes on with. */
@ApiSchema({ name: 'ResumeRun' })
export class ResumeRunDto {
  /** The event that it waits for, as the platform calls it. */
  @ApiProperty({ example: exampleEvent })
  @Length(1, 200, { message: textOf(200) })
  @IsString({ message: textOf(200) })
  @IsDefined({ message: 'is required' })
  event!: string;

  /** What comes with it. */
  @ApiPropertyOptional({ type: Object, additionalProperties: true, example: {} })
  @Omittable()
  @IsObject({ message: 'must be a JSON object' })
  payload?: Native;
}

/** What a person knows of a start in doubt. */
@ApiSchema({ name: 'ResolveRun' })
export class ResolveRunDto {
  /** Whether it was started. */
  @ApiProperty({ enum: ['applied', 'not_sent'], example: 'not_sent' })
  @IsIn(['applied', 'not_sent'], { message: 'must be applied or not_sent' })
  outcome!: 'applied' | 'not_sent';

  /** The platform’s id of the run, when it was started and is known; as it stands there, or as `evidence.candidates` shows it. With `not_sent` it is refused. */
  @ApiPropertyOptional({ type: String, example: exampleRun.nativeId })
  @Omittable()
  @IsString({ message: textOf(500) })
  @Length(1, 500, { message: textOf(500) })
  nativeId?: string;

  /** How that is known. */
  @ApiProperty({ example: 'Looked it up in the platform’s own list.' })
  @Length(1, 2_000, { message: textOf(2_000) })
  @IsString({ message: textOf(2_000) })
  @IsDefined({ message: 'is required' })
  note!: string;
}
