import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type ProblemCode, problems } from '../domain/errors.ts';
import type { Link } from '../domain/link.ts';
import {
  type Source,
  type SourceProblem,
  type SourceStatus,
  sourceStatuses,
} from '../domain/source.ts';
import { shown } from '../platforms/examples.ts';
import { link } from './links.ts';

const { id, connection, title } = shown('answersEveryRoute');

/** What a cursor looks like, shortened. */
export const cursorExample = 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..yZShP_FCkT0vh8Jh';

/** The page of a collection that has one only. */
export const onlyPage = (total: number): PageDto => ({ nextCursor: null, total });

/** Where to go next. */
@ApiSchema({ name: 'Link' })
export class LinkDto implements Link {
  /** A path of this API, or an absolute URL of the platform’s own pages. */
  @ApiProperty({ example: link`/v1/processes/${id}`.href })
  href!: string;
  /** The HTTP method. @example "GET" */
  method!: string;
}

/** Why the newest look at an upstream failed. */
@ApiSchema({ name: 'SourceProblem' })
export class SourceProblemDto implements SourceProblem {
  /** The stable name of the error. */
  @ApiProperty({ enum: Object.keys(problems), example: 'upstream_timeout' })
  code!: ProblemCode;
  /** What happened. */
  @ApiProperty({ example: `${title} (${connection}) did not answer in time.` })
  detail!: string;
}

/** One connection’s part in a merged list. */
@ApiSchema({ name: 'Source' })
export class SourceDto implements Source {
  /** The connection. */
  @ApiProperty({ example: connection })
  connection!: string;
  /** Its platform. */
  @ApiProperty({ example: connection })
  platform!: string;
  /** `fresh`, `stale` (older than it should be), `warming` (not read yet), `failed`, or `skipped` in this walk. With `include=versions` it is about the versions of its processes, too. */
  @ApiProperty({ enum: sourceStatuses, example: 'stale' })
  status!: SourceStatus;
  /** Its matches of this query; null when nobody knows. @example 24 */
  count!: number | null;
  /** When it was read (RFC 3339, UTC). @example "2026-11-21T05:06:07.089Z" */
  asOf!: string | null;
  /** Why it is not fresher. */
  problem!: SourceProblemDto | null;
}

/** Where a collection goes on. */
@ApiSchema({ name: 'Page' })
export class PageDto {
  /** Goes into `cursor` for the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true, example: cursorExample })
  nextCursor!: string | null;
  /** How many there are in all; null where nobody knows. @example 96 */
  total!: number | null;
}
