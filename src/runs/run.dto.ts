import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Outcome } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import {
  type DoubtEvidence,
  type Run,
  type RunError,
  type RunLinks,
  type RunStatus,
  runStatuses,
  type Settlement,
} from '../domain/run.ts';
import { LinkDto, PageDto, SourceDto } from '../http/envelope.dto.ts';

const outcomes = ['not_sent', 'rejected', 'applied', 'unknown'] as const;

/** Why a run failed. */
@ApiSchema({ name: 'RunError' })
export class RunErrorDto implements RunError {
  /** The platform’s own code, or one of this API where the start itself failed. @example "upstream_rejected" */
  code!: string | null;
  /** What happened. @example "The flow has no step called reconcile." */
  message!: string;
}

/** What is known of a start that nobody can prove. */
@ApiSchema({ name: 'DoubtEvidence' })
export class DoubtEvidenceDto implements DoubtEvidence {
  /** Why nobody can say. @example "Two runs began in that minute, and neither carries the mark." */
  detail!: string;
  /** What the platform was told to know the run by. @example "r-01979f3a-6c1e-7b20-8f3d-2a9c51d0e7b4" */
  mark!: string;
  /** The request may have left from then on. @example "2026-11-21T05:06:07.089Z" */
  sentFrom!: string;
  /** Until then. @example "2026-11-21T05:06:22.089Z" */
  sentUntil!: string;
  /** Runs that may be it. @example ["frends:7:0f8f7d1e-2d61-4a3c-9a77-0d4f0c1f5e11"] */
  candidates!: string[];
  /** When the platform was last looked at for it. @example "2026-11-21T05:07:07.089Z" */
  lookedAt!: string;
}

/** What a person said of a run in doubt. */
@ApiSchema({ name: 'Settlement' })
export class SettlementDto implements Settlement {
  /** Whether it was started. */
  @ApiProperty({ enum: ['applied', 'not_sent'], example: 'applied' })
  outcome!: 'applied' | 'not_sent';
  /** How that is known. @example "Seen in the platform’s own list." */
  note!: string;
  /** When it was said. @example "2026-11-21T06:00:00.000Z" */
  at!: string;
}

/** Where a caller can go from a run; null where the platform lacks it. */
@ApiSchema({ name: 'RunLinks' })
export class RunLinksDto implements RunLinks {
  /** The run itself. */
  self!: LinkDto;
  /** Its process. */
  process!: LinkDto | null;
  /** Its changes, as they happen. */
  events!: LinkDto;
  /** Its log. */
  log!: LinkDto | null;
  /** What it has left behind. */
  attachments!: LinkDto | null;
  /** Stops it; null once it has ended. */
  cancel!: LinkDto | null;
  /** The platform’s own page, while a person is waited for. */
  form!: LinkDto | null;
}

/** One execution, in the same shape for every platform. */
@ApiSchema({ name: 'Run' })
export class RunDto implements Run {
  /** For ever: `<connection>:r-<UUIDv7>` when it was started here, else `<connection>:<native id>`. @example "odsl:r-01979f3a-6c1e-7b20-8f3d-2a9c51d0e7b4" */
  id!: string;
  /** The platform’s own id; null until it is known. @example "f0f7c1b2-6f0e-4f58-9a53-6bd1f6f0a113" */
  nativeId!: string | null;
  /** The connection it runs on. @example "odsl" */
  connection!: string;
  /** The platform of the connection. @example "odsl" */
  platform!: string;
  /** Id of its process; null when it belongs to none. @example "odsl:SMOKE_TEST" */
  process!: string | null;
  /** Where it stands. `unknown` and not final: a word of the platform that is not known yet. `unknown` and final: nobody can say. */
  @ApiProperty({ enum: runStatuses, example: 'succeeded' })
  status!: RunStatus;
  /** The platform’s own word. @example "success" */
  upstreamStatus!: string | null;
  /** Whether it has ended: clients stop here. @example true */
  final!: boolean;
  /** Of its start; null while that is open and for runs that others have started. */
  @ApiProperty({ enum: outcomes, nullable: true, example: 'applied' })
  outcome!: Outcome | null;
  /** Why the outcome is unknown. */
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
  /** When it began. @example "2026-11-21T05:06:09.000Z" */
  startedAt!: string | null;
  /** When it ended. @example "2026-11-21T05:06:12.000Z" */
  finishedAt!: string | null;
  /** When its last change was seen. @example "2026-11-21T05:06:13.000Z" */
  updatedAt!: string;
  /** What it was started with; null beyond 64 KB. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: {} })
  input!: Native | null;
  /** What it gave; null beyond 64 KB. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: null })
  output!: Native | null;
  /** Which of `input` and `output` were too long. */
  @ApiProperty({ enum: ['input', 'output'], isArray: true, example: [] })
  truncated!: ('input' | 'output')[];
  /** Why it failed. */
  error!: RunErrorDto | null;
  /** Words to find it by. @example ["nightly"] */
  labels!: string[];
  /** The same for all runs of one start. @example "r-01979f3a-6c1e-7b20-8f3d-2a9c51d0e7b4" */
  correlationId!: string | null;
  /** The other runs of the same start. @example [] */
  siblings!: string[];
  /** Where to go from here. */
  links!: RunLinksDto;
  /** The platform’s own JSON; null unless `include=native`. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: null })
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
