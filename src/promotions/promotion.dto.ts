import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsString, Matches } from 'class-validator';
import { type ConflictMode, conflictModes } from '../domain/import.ts';
import { ExportRequestDto } from '../exports/export.dto.ts';
import { shown } from '../platforms/examples.ts';
import { Omittable } from '../platforms/omittable.ts';

const { connection: from, piece: promotable } = shown('promotable');
/** One that the sandboxes of a first start take. */
export const examplePromotion = {
  items: [{ process: `${from}:${promotable?.key ?? ''}` }],
  to: promotable?.to ?? '',
  onConflict: 'use-existing',
} as const;

const connectionText = 'must be the id of a connection';

/** Versions that are taken from one connection to another. */
@ApiSchema({ name: 'PromotionRequest' })
export class PromotionRequestDto extends ExportRequestDto {
  /** The connection that they are brought into, of the same platform. */
  @ApiProperty({ type: String, example: examplePromotion.to })
  @IsString({ message: connectionText })
  @Matches(/^[a-z0-9-]{1,40}$/, { message: connectionText })
  to!: string;

  /** What becomes of what stands there already. */
  @ApiPropertyOptional({ enum: conflictModes, default: 'error', example: 'use-existing' })
  @Omittable()
  @IsIn(conflictModes, { message: `must be one of ${conflictModes.join(', ')}` })
  onConflict?: ConflictMode;
}
