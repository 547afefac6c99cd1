import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type ChangeEffect, changeEffects, type ChangeProblem } from '../domain/change.ts';
import { type Outcome, type ProblemCode, problems } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import {
  type Operation,
  type OperationEvidence,
  type OperationItem,
  type OperationItemLinks,
  type OperationKind,
  operationKinds,
  type OperationLinks,
  type OperationPhase,
  operationPhases,
  type OperationProblem,
  type OperationProgress,
  type OperationResult,
  type OperationStatus,
  operationStatuses,
} from '../domain/operation.ts';
import { LinkDto, PageDto } from '../http/envelope.dto.ts';
import { link, linkTo } from '../http/links.ts';
import { UpstreamFailureDto } from '../http/problem.dto.ts';
import { SettlementDto } from '../http/settlement.dto.ts';
import { exampleOperation } from './operation-examples.ts';

const { id, kind, connection, process, version } = exampleOperation;
const outcomes = ['not_sent', 'rejected', 'applied', 'unknown'] as const;

/** Why one of several things was not done. */
@ApiSchema({ name: 'ChangeProblem' })
export class ChangeProblemDto implements ChangeProblem {
  /** The stable name of the error. */
  @ApiProperty({ enum: Object.keys(problems), example: 'upstream_rejected' })
  code!: ProblemCode;
  /** What happened. @example "The platform refused it." */
  detail!: string;
}

/** Where a caller can go from what was changed; null where nothing is there. */
@ApiSchema({ name: 'OperationItemLinks' })
export class OperationItemLinksDto implements OperationItemLinks {
  /** Its process; null once that is deleted. */
  @ApiProperty({ example: link`/v1/processes/${process}` })
  process!: LinkDto | null;
  /** Its version. */
  @ApiProperty({ example: link`/v1/processes/${process}/versions/${version}` })
  version!: LinkDto | null;
  /** The deployments of its process, where it is one. */
  @ApiProperty({ example: link`/v1/processes/${process}/deployments` })
  deployments!: LinkDto | null;
}

/** What was done to one process, version or deployment. */
@ApiSchema({ name: 'OperationItem' })
export class OperationItemDto implements OperationItem {
  /** Id of the process, as it is afterwards. */
  @ApiProperty({ example: process })
  process!: string;
  /** What the platform calls it. @example "Invoices" */
  name!: string | null;
  /** The version. */
  @ApiProperty({ type: String, nullable: true, example: version })
  version!: string | null;
  /** The platform’s own id of the version. @example "4711" */
  versionId!: string | null;
  /** The platform’s id of the deployment, where it is one. */
  @ApiProperty({ type: String, nullable: true, example: '1042' })
  deployment!: string | null;
  /** What was done; `unchanged` where it stood so already. */
  @ApiProperty({ enum: changeEffects, example: 'deleted' })
  effect!: ChangeEffect;
  /** Why it failed. */
  problem!: ChangeProblemDto | null;
  /** Where to go from here. */
  links!: OperationItemLinksDto;
}

/** What an operation has done. */
@ApiSchema({ name: 'OperationResult' })
export class OperationResultDto implements OperationResult {
  /** Each thing that it was about. */
  items!: OperationItemDto[];
}

/** What is known of an operation that nobody can prove. */
@ApiSchema({ name: 'OperationEvidence' })
export class OperationEvidenceDto implements OperationEvidence {
  /** Why nobody can say. @example "It shows nothing of it, but was given up without an answer." */
  detail!: string;
  /** Its requests may have left from then on. @example "2026-11-21T05:06:07.089Z" */
  sentFrom!: string;
  /** Until then. @example "2026-11-21T05:06:22.089Z" */
  sentUntil!: string;
  /** Processes that may have come of it, for a person to look at. */
  @ApiProperty({ example: [process] })
  candidates!: string[];
  /** When the platform was last looked at for it. @example "2026-11-21T05:07:07.089Z" */
  lookedAt!: string;
}

/** How far it has come. */
@ApiSchema({ name: 'OperationProgress' })
export class OperationProgressDto implements OperationProgress {
  /** So many are known to be done: saved, taken or deleted while it is `sending`, found while it is `verifying`, those included that stand so already. It is told anew every two seconds at most, and does not fall before the end; then it is what `result` says. @example 1 */
  done!: number;
  /** Of so many processes, versions and deployments; null where nobody knows. @example 1 */
  total!: number | null;
  /** What is counted. */
  @ApiProperty({ enum: ['items'], example: 'items' })
  unit!: 'items';
}

/** Why it failed. */
@ApiSchema({ name: 'OperationProblem' })
export class OperationProblemDto implements OperationProblem {
  /** The stable name of the error. */
  @ApiProperty({ enum: Object.keys(problems), example: 'upstream_rejected' })
  code!: ProblemCode;
  /** What happened. @example "The platform refused it." */
  detail!: string;
  /** What the platform said. */
  upstream!: UpstreamFailureDto | null;
}

/** Where a caller can go from an operation. */
@ApiSchema({ name: 'OperationLinks' })
export class OperationLinksDto implements OperationLinks {
  /** The operation itself. */
  @ApiProperty({ example: link`/v1/operations/${id}` })
  self!: LinkDto;
  /** Its changes, as they happen. */
  @ApiProperty({ example: link`/v1/operations/${id}/events` })
  events!: LinkDto;
  /** The process that it is about. */
  @ApiProperty({ example: link`/v1/processes/${process}` })
  process!: LinkDto | null;
  /** Cancels it; null once it is being sent, or has ended. */
  @ApiProperty({ example: linkTo('POST', link`/v1/operations/${id}/cancel`) })
  cancel!: LinkDto | null;
}

/** Work that the gateway does for a caller: a change of something on a platform. */
@ApiSchema({ name: 'Operation' })
export class OperationDto implements Operation {
  /** For ever: `op-<UUIDv7>`. */
  @ApiProperty({ example: id })
  id!: string;
  /** What it does. */
  @ApiProperty({ enum: operationKinds, example: kind })
  kind!: OperationKind;
  /** The connection that it changes something on. */
  @ApiProperty({ example: connection })
  connection!: string;
  /** The platform of the connection. */
  @ApiProperty({ example: connection })
  platform!: string;
  /** Id of the process that it is about, as it was asked for; null where it is about none. Of an import that of its only process, once it is done. */
  @ApiProperty({ type: String, nullable: true, example: process })
  process!: string | null;
  /** Where it stands. `failed` with the outcome `applied`: some of it was done, as `result` says. */
  @ApiProperty({ enum: operationStatuses, example: 'succeeded' })
  status!: OperationStatus;
  /** Whether it has ended: clients stop here. @example true */
  final!: boolean;
  /** What it is at: it waits for a worker, it is being told to the platform, or what became of that is looked up, be it that no answer came or that the answer does not say all; null once it has ended. */
  @ApiProperty({ enum: operationPhases, nullable: true, example: 'sending' })
  phase!: OperationPhase | null;
  /** Why it could not be sent yet, though that was tried, or how much of what a promotion brings is exported; null where nothing is known to stand in the way. */
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'The platform cannot be reached.',
  })
  waitingFor!: string | null;
  /** Whether anything was changed; null while that is open. */
  @ApiProperty({ enum: outcomes, nullable: true, example: 'applied' })
  outcome!: Outcome | null;
  /** Why the outcome is unknown. */
  evidence!: OperationEvidenceDto | null;
  /** What a person said of it. */
  settlement!: SettlementDto | null;
  /** Rises with every change. @example 3 */
  revision!: number;
  /** How far it has come. */
  progress!: OperationProgressDto;
  /** When it was asked for (RFC 3339, UTC). @example "2026-11-21T05:06:07.089Z" */
  createdAt!: string;
  /** When it was first told to the platform. @example "2026-11-21T05:06:07.200Z" */
  startedAt!: string | null;
  /** When it ended. @example "2026-11-21T05:06:07.420Z" */
  finishedAt!: string | null;
  /** When it last changed. @example "2026-11-21T05:06:07.420Z" */
  updatedAt!: string;
  /** What was asked for. */
  @ApiProperty({ type: Object, additionalProperties: true, example: { version } })
  input!: Native;
  /** What became of each thing that it is about; null until that is known. */
  result!: OperationResultDto | null;
  /** Why it failed, or a part of it. */
  problem!: OperationProblemDto | null;
  /** Where to go from here. */
  links!: OperationLinksDto;
}

/** A page of operations. */
@ApiSchema({ name: 'OperationList' })
export class OperationListDto {
  /** The operations. */
  data!: OperationDto[];
  /** Where the list goes on. */
  page!: PageDto;
}
