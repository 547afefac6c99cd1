import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, MaxLength } from 'class-validator';
import { shown } from '../../platforms/examples.ts';
import { WaitQuery } from '../../http/wait.query.ts';

const { id: process, connection, piece: archive } = shown('archive');

const longest = 2_000;

/** What POST /v1/runs takes in its query: what a body that is nothing but a ZIP cannot say. */
export class StartFilesQuery extends WaitQuery {
  /** Id of the process that is started. */
  @ApiPropertyOptional({ example: process })
  @IsOptional()
  @MaxLength(longest)
  process?: string;

  /** The connection on which an archive of its own is started. */
  @ApiPropertyOptional({ example: connection })
  @IsOptional()
  @MaxLength(longest)
  connection?: string;

  /** Where in the archive it begins; left to the archive when left out. */
  @ApiPropertyOptional({ example: archive?.entryPoint })
  @IsOptional()
  @MaxLength(longest)
  entryPoint?: string;
}
