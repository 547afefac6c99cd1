import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type Target, type TargetKind, targetKinds } from '../domain/target.ts';

/** A place where a version can be deployed or run. */
@ApiSchema({ name: 'Target' })
export class TargetDto implements Target {
  /** The platform’s id of it. @example "3" */
  id!: string;
  /** Its name. @example "Production / Production Cloud" */
  name!: string;
  /** What kind of place it is. */
  @ApiProperty({ enum: targetKinds, example: 'agent_group' })
  kind!: TargetKind;
}
