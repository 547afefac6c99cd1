import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Settlement } from '../domain/run.ts';

/** What a person said of what was in doubt. */
@ApiSchema({ name: 'Settlement' })
export class SettlementDto implements Settlement {
  /** Whether it happened. */
  @ApiProperty({ enum: ['applied', 'not_sent'], example: 'applied' })
  outcome!: 'applied' | 'not_sent';
  /** How that is known. @example "Seen in the platform’s own list." */
  note!: string;
  /** When it was said. @example "2026-11-21T06:00:00.000Z" */
  at!: string;
}
