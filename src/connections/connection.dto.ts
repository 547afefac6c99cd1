import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { BuildInfo } from '../domain/adapter.ts';
import type { Budget } from '../domain/budget.ts';
import { type Capability, capabilities } from '../domain/capability.ts';
import {
  type ConnectionHealth,
  type ConnectionLinks,
  type ConnectionState,
  type HealthStatus,
  healthStatuses,
  type PlatformState,
} from '../domain/connection.ts';
import type { Native } from '../domain/native.ts';
import { LinkDto, onlyPage, PageDto, SourceDto, SourceProblemDto } from '../http/envelope.dto.ts';
import { link, linkTo } from '../http/links.ts';
import { shown } from '../platforms/examples.ts';
import { TargetDto } from './target.dto.ts';

const { connection, title } = shown('answersEveryRoute');
const { piece: build } = shown('build');
/** What a connection can do that answers every route of processes and connections. */
const whole: Capability[] = [
  ...(['processes', 'versions', 'packages', 'deployments', 'targets'] as const),
  ...(['runs', 'starts', 'log', 'attachments', 'cancel'] as const),
];

/** What the newest check of a platform found. */
@ApiSchema({ name: 'ConnectionHealth' })
export class ConnectionHealthDto implements ConnectionHealth {
  /** `degraded`: it answers, but its list cannot be read; `unknown`: nobody has looked yet. */
  @ApiProperty({ enum: healthStatuses, example: 'degraded' })
  status!: HealthStatus;
  /** When it was checked (RFC 3339, UTC). @example "2026-11-21T05:06:07.089Z" */
  checkedAt!: string | null;
  /** What is wrong. */
  problem!: SourceProblemDto | null;
}

/** What a platform says of itself. */
@ApiSchema({ name: 'BuildInfo' })
export class BuildInfoDto implements Omit<BuildInfo, 'missing'> {
  /** Its release. */
  @ApiProperty({ type: String, nullable: true, example: build?.version })
  version!: string | null;
  /** Its own words about its build. */
  @ApiProperty({
    type: Object,
    nullable: true,
    additionalProperties: true,
    example: build?.build,
  })
  build!: Native | null;
}

/** What may still be asked of a platform. */
@ApiSchema({ name: 'Budget' })
export class BudgetDto implements Budget {
  /** Calls per window. @example 100 */
  limit!: number;
  /** Calls left in this window. @example 87 */
  remaining!: number;
  /** When the next window begins (RFC 3339, UTC). @example "2026-11-21T05:07:00.000Z" */
  resetsAt!: string;
}

/** Where a caller can go from a connection. */
@ApiSchema({ name: 'ConnectionLinks' })
export class ConnectionLinksDto implements ConnectionLinks {
  /** The connection itself. */
  @ApiProperty({ example: link`/v1/connections/${connection}` })
  self!: LinkDto;
  /** Its processes. */
  @ApiProperty({ example: { href: `/v1/processes?connection=${connection}`, method: 'GET' } })
  processes!: LinkDto;
  /** Reads its list anew. */
  @ApiProperty({ example: linkTo('POST', link`/v1/connections/${connection}/refresh`) })
  refresh!: LinkDto;
  /** Where its versions can be deployed or run. */
  @ApiProperty({ example: link`/v1/connections/${connection}/targets` })
  targets!: LinkDto | null;
}

/** One configured platform account. */
@ApiSchema({ name: 'Connection' })
export class ConnectionDto implements ConnectionState {
  /** What ids of its processes begin with. */
  @ApiProperty({ example: connection })
  id!: string;
  /** Its platform. */
  @ApiProperty({ example: connection })
  platform!: string;
  /** A name for people. */
  @ApiProperty({ example: `${title} production` })
  name!: string;
  /** What it can do. */
  @ApiProperty({
    enum: capabilities,
    isArray: true,
    example: whole,
  })
  capabilities!: Capability[];
  /** How it is. */
  health!: ConnectionHealthDto;
  /** How fresh its list is. */
  list!: SourceDto;
  /** What the platform says of itself. */
  upstream!: BuildInfoDto;
  /** What may still be asked of it of that which its platform limits and the gateway counts; null where it counts nothing, and while nobody can say. */
  budget!: BudgetDto | null;
  /** Where to go from here. */
  links!: ConnectionLinksDto;
}

/** A kind of platform. */
@ApiSchema({ name: 'Platform' })
export class PlatformDto implements PlatformState {
  /** The word for it in configurations and answers. */
  @ApiProperty({ example: connection })
  name!: string;
  /** Its name for people. */
  @ApiProperty({ example: title })
  title!: string;
  /** What its connections can do, taken together; nothing without one, because it differs between accounts: each connection tells its own. */
  @ApiProperty({ enum: capabilities, isArray: true, example: whole })
  capabilities!: Capability[];
  /** Its connections. */
  @ApiProperty({ example: [connection] })
  connections!: string[];
}

/** All platforms. */
@ApiSchema({ name: 'PlatformList' })
export class PlatformListDto {
  /** The platforms. */
  data!: PlatformDto[];
  /** There is one page only. */
  @ApiProperty({ example: onlyPage(1) })
  page!: PageDto;
}

/** All connections. */
@ApiSchema({ name: 'ConnectionList' })
export class ConnectionListDto {
  /** The connections, in the order of the configuration. */
  data!: ConnectionDto[];
  /** There is one page only. */
  @ApiProperty({ example: onlyPage(1) })
  page!: PageDto;
}

/** The places of a connection. */
@ApiSchema({ name: 'TargetList' })
export class TargetListDto {
  /** The places. */
  data!: TargetDto[];
  /** There is one page only. */
  @ApiProperty({ example: onlyPage(1) })
  page!: PageDto;
}
