import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, MaxLength } from 'class-validator';
import { conflictModes } from '../domain/import.ts';
import { shown } from '../platforms/examples.ts';
import { EmptyIsNone, ReadByRoute } from '../http/query.ts';
import { WaitQuery } from '../http/wait.query.ts';

const { connection } = shown('definition');

const longest = 200;

/** What POST /v1/imports takes in its query instead of its form, which names the connection: 404 goes before 400. */
@ReadByRoute()
export class ImportQuery extends WaitQuery {
  /** The connection that it is brought into; else a part of the form. */
  @ApiPropertyOptional({ example: connection })
  @EmptyIsNone()
  @IsOptional()
  @MaxLength(longest)
  connection?: string;

  /** What becomes of what stands already; else a part of the form. */
  @ApiPropertyOptional({ enum: conflictModes, example: 'error' })
  @EmptyIsNone()
  @IsOptional()
  @IsIn(conflictModes, { message: `must be one of ${conflictModes.join(', ')}` })
  onConflict?: string;

  /** Does nothing: answers 200 with what it would do; else a part of the form. */
  @ApiPropertyOptional({ enum: ['true', 'false'], example: 'true' })
  @EmptyIsNone()
  @IsOptional()
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  validateOnly?: string;

  /** The version that the file is said to be; else a part of the form. */
  @ApiPropertyOptional({ example: '1' })
  @EmptyIsNone()
  @IsOptional()
  @MaxLength(longest)
  version?: string;
}
