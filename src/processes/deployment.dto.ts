import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { TargetDto } from '../connections/target.dto.ts';
import type { Deployment, DeploymentLinks } from '../domain/deployment.ts';
import type { Native } from '../domain/native.ts';
import { LinkDto, onlyPage, PageDto } from '../http/envelope.dto.ts';
import { link } from '../http/links.ts';
import { shown } from '../platforms/examples.ts';

const { id, piece: deployment } = shown('deployment');
const { piece: settings } = shown('settings');

/** Where a caller can go from a deployment. */
@ApiSchema({ name: 'DeploymentLinks' })
export class DeploymentLinksDto implements DeploymentLinks {
  /** The process. */
  @ApiProperty({ example: link`/v1/processes/${id}` })
  process!: LinkDto;
  /** The version that is deployed. */
  @ApiProperty({ example: link`/v1/processes/${id}/versions/${deployment?.version ?? ''}` })
  version!: LinkDto | null;
}

/** A version made runnable in a place. */
@ApiSchema({ name: 'Deployment' })
export class DeploymentDto implements Deployment {
  /** The platform’s id of it. */
  @ApiProperty({ example: deployment?.id })
  id!: string;
  /** Every id the platform knows it by. */
  @ApiProperty({
    type: Object,
    additionalProperties: { type: 'string' },
    example: deployment?.nativeIds,
  })
  nativeIds!: Readonly<Record<string, string>>;
  /** Id of the process. */
  @ApiProperty({ example: id })
  process!: string;
  /** The version that runs there. */
  @ApiProperty({ type: String, nullable: true, example: deployment?.version })
  version!: string | null;
  /** Its name. @example "Smoke test" */
  name!: string;
  /** What is said about it. @example "Deployed for the November release." */
  description!: string | null;
  /** Where it runs. */
  @ApiProperty({ example: deployment?.target })
  target!: TargetDto;
  /** Whether its triggers start it; null where the platform has no such switch. @example true */
  triggersActive!: boolean | null;
  /** The platform’s settings of it. */
  @ApiProperty({ type: Object, nullable: true, additionalProperties: true, example: settings })
  settings!: Native | null;
  /** When it was deployed (RFC 3339, UTC). @example "2026-02-03T14:30:00.000Z" */
  deployedAt!: string | null;
  /** Who deployed it. @example "ops@example.com" */
  deployedBy!: string | null;
  /** Where to go from here. */
  links!: DeploymentLinksDto;
  /** The platform’s own JSON; null unless `include=native`. */
  @ApiProperty({
    type: Object,
    nullable: true,
    additionalProperties: true,
    example: deployment?.native,
  })
  native!: Native | null;
}

/** The deployments of a process. */
@ApiSchema({ name: 'DeploymentList' })
export class DeploymentListDto {
  /** The deployments. */
  data!: DeploymentDto[];
  /** There is one page only. */
  @ApiProperty({ example: onlyPage(1) })
  page!: PageDto;
}
