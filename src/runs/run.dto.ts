import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Outcome } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { Native } from '../domain/native.ts';
import {
  type DoubtEvidence,
  type Run,
  type RunError,
  type RunLinks,
  type RunStatus,
  runStatuses,
} from '../domain/run.ts';
import { LinkDto, PageDto, SourceDto } from '../http/envelope.dto.ts';
import { link, linkTo } from '../http/links.ts';
import { SettlementDto } from '../http/settlement.dto.ts';
import { exampleMark, exampleRun } from './run-examples.ts';

const { id, process, connection } = exampleRun;

const outcomes = ['not_sent', 'rejected', 'applied', 'unknown'] as const;

/** Why a run failed. */
@ApiSchema({ name: 'RunError' })
export class RunErrorDto implements RunError {
  /** The platform’s own code, or one of this API where the start itself failed. */
  @ApiProperty({ type: String, nullable: true, example: exampleRun.error?.code })
  code!: string | null;
  /** What happened. */
  @ApiProperty({ example: exampleRun.error?.message })
  message!: string;
}

/** What is known of a start that nobody can prove. */
@ApiSchema({ name: 'DoubtEvidence' })
export class DoubtEvidenceDto implements DoubtEvidence {
  /** Why nobody can say. @example "Two runs began in that minute, and neither carries the mark." */
  detail!: string;
  /** What the platform was told to know the run by. */
  @ApiProperty({ example: exampleMark })
  mark!: string;
  /** The request may have left from then on. @example "2026-11-21T05:06:07.089Z" */
  sentFrom!: string;
  /** Until then. @example "2026-11-21T05:06:22.089Z" */
  sentUntil!: string;
  /** Runs that may be it. */
  @ApiProperty({ example: [formatId(connection, exampleRun.nativeId)] })
  candidates!: string[];
  /** When the platform was last looked at for it. @example "2026-11-21T05:07:07.089Z" */
  lookedAt!: string;
}

/** Where a caller can go from a run; null where the platform lacks it. */
@ApiSchema({ name: 'RunLinks' })
export class RunLinksDto implements RunLinks {
  /** The run itself. */
  @ApiProperty({ example: link`/v1/runs/${id}` })
  self!: LinkDto;
  /** Its process. */
  @ApiProperty({ example: link`/v1/processes/${process}` })
  process!: LinkDto | null;
  /** Its changes, as they happen. */
  @ApiProperty({ example: link`/v1/runs/${id}/events` })
  events!: LinkDto;
  /** Its log. */
  @ApiProperty({ example: link`/v1/runs/${id}/log` })
  log!: LinkDto | null;
  /** What it has left behind. */
  @ApiProperty({ example: link`/v1/runs/${id}/attachments` })
  attachments!: LinkDto | null;
  /** Stops it, in doubt as soon as it shows; null once it has ended, or has been sent to a platform that cannot stop runs. */
  @ApiProperty({ example: linkTo('POST', link`/v1/runs/${id}/cancel`) })
  cancel!: LinkDto | null;
  /** The platform’s own page, while a person is waited for. */
  @ApiProperty({ example: { href: 'https://platform.example.com/forms/4711', method: 'GET' } })
  form!: LinkDto | null;
}

/** One execution, in the same shape for every platform. */
@ApiSchema({ name: 'Run' })
export class RunDto implements Run {
  /** For ever: `<connection>:r-<UUIDv7>` when it was started here, else `<connection>:<native id>`. */
  @ApiProperty({ example: id })
  id!: string;
  /** The platform’s own id; null until it is known. */
  @ApiProperty({ type: String, nullable: true, example: exampleRun.nativeId })
  nativeId!: string | null;
  /** The connection it runs on. */
  @ApiProperty({ example: connection })
  connection!: string;
  /** The platform of the connection. */
  @ApiProperty({ example: connection })
  platform!: string;
  /** Id of its process; null when it belongs to none. */
  @ApiProperty({ type: String, nullable: true, example: process })
  process!: string | null;
  /** Where it stands. `unknown` and not final: a word of the platform that is not known yet, or it was told to begin anew and nobody knows yet whether it has. `unknown` and final: nobody can say. */
  @ApiProperty({ enum: runStatuses, example: exampleRun.status })
  status!: RunStatus;
  /** The platform’s own word; null until it is known, as right after it was told to begin anew or to go on. */
  @ApiProperty({ type: String, nullable: true, example: exampleRun.upstreamStatus })
  upstreamStatus!: string | null;
  /** Whether it has ended: clients stop here. @example true */
  final!: boolean;
  /** Of its start; null while that is open and for runs that others have started. */
  @ApiProperty({ enum: outcomes, nullable: true, example: 'applied' })
  outcome!: Outcome | null;
  /** Why the outcome is unknown, or was until a person settled it. */
  evidence!: DoubtEvidenceDto | null;
  /** What a person said of it. */
  settlement!: SettlementDto | null;
  /** Which time it runs: a revived run counts up. @example 1 */
  attempt!: number;
  /** Rises with every change. @example 4 */
  revision!: number;
  /** Who started it, in the platform’s words. @example "gateway@example.com" */
  initiator!: string | null;
  /** When it was asked for (RFC 3339, UTC). @example "2026-11-21T05:06:07.089Z" */
  createdAt!: string;
  /** When it is sent, where it was to wait (`scheduleAt`); null for what was sent at once, and for runs that others have started. @example "2026-11-21T05:06:08.000Z" */
  scheduledAt!: string | null;
  /** When it began. @example "2026-11-21T05:06:09.000Z" */
  startedAt!: string | null;
  /** When it ended. @example "2026-11-21T05:06:12.000Z" */
  finishedAt!: string | null;
  /** When its last change was seen. @example "2026-11-21T05:06:13.000Z" */
  updatedAt!: string;
  /** What it was started with; null beyond 64 KB. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: {} })
  input!: Native | null;
  /** What it gave; null beyond 64 KB, or less as its platform’s page says: `truncated` names it then. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: {} })
  output!: Native | null;
  /** Which of `input` and `output` were too long. */
  @ApiProperty({ enum: ['input', 'output'], isArray: true, example: [] })
  truncated!: ('input' | 'output')[];
  /** Why it failed. */
  error!: RunErrorDto | null;
  /** Words to find it by. @example ["nightly"] */
  labels!: string[];
  /** The same for all runs of one start. */
  @ApiProperty({ type: String, nullable: true, example: exampleMark })
  correlationId!: string | null;
  /** The other runs of the same start. @example [] */
  siblings!: string[];
  /** Where to go from here. */
  links!: RunLinksDto;
  /** The platform’s own JSON; null unless `include=native`, and where the platform has the run no more. */
  @ApiProperty({
    type: Object,
    nullable: true,
    additionalProperties: true,
    example: exampleRun.native,
  })
  native!: Native | null;
}

/** A page of runs. */
@ApiSchema({ name: 'RunList' })
export class RunListDto {
  /** The runs. */
  data!: RunDto[];
  /** Where the list goes on. */
  page!: PageDto;
  /** Each connection’s part in the list. */
  sources!: SourceDto[];
}
