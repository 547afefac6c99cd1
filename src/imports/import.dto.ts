import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PlanDto } from '../changes/change.dto.ts';
import type { ImportPlan } from './import-plan.ts';

/** What an import would do now. */
@ApiSchema({ name: 'ImportPlan' })
export class ImportPlanDto extends PlanDto implements ImportPlan {
  /** Names the plan: with it in `If-Match`, quoted, the same import is 412 once the platform has moved. */
  @ApiProperty({ example: 'Xc0bdkcYBCvLS5Mt0lIYyP4bFJTvXTg4Ijpkc6wgIbo' })
  planToken!: string;
}
