import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type Capability, capabilities } from '../domain/capability.ts';
import type { Native } from '../domain/native.ts';
import {
  type Process,
  type ProcessDetail,
  type ProcessKind,
  processKinds,
  type ProcessLinks,
  type Schedule,
} from '../domain/process.ts';
import { LinkDto } from '../http/envelope.dto.ts';
import { link } from '../http/links.ts';
import { idsFrom, shown } from '../platforms/examples.ts';
import { DeploymentDto } from './deployment.dto.ts';

const { id, key, connection, piece: configuration } = shown('configuration');
const { piece: schedule } = shown('schedule');
const { piece: native } = shown('native');

/** When a process starts by itself. */
@ApiSchema({ name: 'Schedule' })
export class ScheduleDto implements Schedule {
  /** As the platform writes it, passed through. */
  @ApiProperty({ example: schedule?.expression })
  expression!: string;
  /** The grammar of the expression. */
  @ApiProperty({ example: schedule?.dialect })
  dialect!: string;
  /** As the platform writes it; null when it does not say. */
  @ApiProperty({ type: String, nullable: true, example: 'Europe/Berlin' })
  timezone!: string | null;
  /** Whether it fires. @example true */
  active!: boolean;
}

/** Where a caller can go from a process; null where the platform lacks it. */
@ApiSchema({ name: 'ProcessLinks' })
export class ProcessLinksDto implements ProcessLinks {
  /** The process itself. */
  @ApiProperty({ example: link`/v1/processes/${id}` })
  self!: LinkDto;
  /** Its versions. */
  @ApiProperty({ example: link`/v1/processes/${id}/versions` })
  versions!: LinkDto | null;
  /** The bytes of its latest version. */
  @ApiProperty({ example: link`/v1/processes/${id}/package` })
  package!: LinkDto | null;
  /** Its deployments. */
  @ApiProperty({ example: link`/v1/processes/${shown('deployment').id}/deployments` })
  deployments!: LinkDto | null;
  /** The platform’s own page that starts it in a browser. Null where no page can, though `POST …/runs` may start it. */
  @ApiProperty({ example: { href: shown('startPage').piece, method: 'GET' } })
  start!: LinkDto | null;
}

/** A definition that can be run, in the same shape for every platform. */
@ApiSchema({ name: 'Process' })
export class ProcessDto implements Process {
  /** `<connection>:<native key>`. */
  @ApiProperty({ examples: idsFrom(id) })
  id!: string;
  /** The connection it lives on. */
  @ApiProperty({ example: connection })
  connection!: string;
  /** The platform of the connection. */
  @ApiProperty({ example: connection })
  platform!: string;
  /** The native key: encoded parts joined by `:`. */
  @ApiProperty({ example: key })
  key!: string;
  /** Its name. @example "Smoke test" */
  name!: string;
  /** What it does. @example "Shows that the platform runs processes." */
  description!: string | null;
  /** What it is for; `process` where the platform makes no difference. */
  @ApiProperty({ enum: processKinds, example: 'process' })
  kind!: ProcessKind;
  /** Whether it can run; null when the platform does not say. @example true */
  enabled!: boolean | null;
  /** Its newest version; null where the platform has none. @example "4" */
  latestVersion!: string | null;
  /** Words for searching. @example ["finance", "daily"] */
  labels!: string[];
  /** The category the platform files it under. @example "ETL" */
  service!: string | null;
  /** When it starts by itself; null where it does not. */
  @ApiProperty({ type: () => [ScheduleDto], nullable: true, example: [schedule] })
  schedule!: ScheduleDto[] | null;
  /** When it was made (RFC 3339, UTC). @example "2026-01-12T06:30:00.000Z" */
  createdAt!: string | null;
  /** When it was last changed (RFC 3339, UTC). @example "2026-02-03T14:30:00.000Z" */
  updatedAt!: string | null;
  /** Who changed it last. @example "li.wei@example.com" */
  updatedBy!: string | null;
  /** What can be done with it on its connection. */
  @ApiProperty({
    enum: capabilities,
    isArray: true,
    example: ['processes', 'versions', 'packages'],
  })
  capabilities!: Capability[];
  /** Where to go from here. */
  @ApiProperty({
    example: {
      self: link`/v1/processes/${id}`,
      versions: link`/v1/processes/${id}/versions`,
      package: link`/v1/processes/${id}/package`,
      deployments: null,
      start: null,
    },
  })
  links!: ProcessLinksDto;
  /** The platform’s own JSON; null unless `include=native`. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: native })
  native!: Native | null;
}

/** One process, whole. */
@ApiSchema({ name: 'ProcessDetail' })
export class ProcessDetailDto extends ProcessDto implements ProcessDetail {
  /** Its deployments; null where the platform has none. */
  @ApiProperty({ type: () => [DeploymentDto], nullable: true })
  deployments!: DeploymentDto[] | null;
  /** JSON Schema of a run’s input; null when the platform does not say. */
  @ApiProperty({
    type: Object,
    nullable: true,
    additionalProperties: true,
    example: { type: 'object', properties: {} },
  })
  inputSchema!: Native | null;
  /** The definition as the platform keeps it, where it is data. */
  @ApiProperty({
    type: Object,
    nullable: true,
    additionalProperties: true,
    example: configuration,
  })
  configuration!: Native | null;
  /** The version that the id named, when it named one. @example "4" */
  resolvedVersion!: string | null;
}
