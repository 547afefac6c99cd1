import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** Whether the process lives. */
@ApiSchema({ name: 'Liveness' })
export class LivenessDto {
  /** Always `ok`: a process that cannot say so does not answer. @example "ok" */
  status!: string;
}

/** Whether the process takes requests. */
@ApiSchema({ name: 'Readiness' })
export class ReadinessDto {
  /** `ready`, or `draining` while it shuts down. */
  @ApiProperty({ enum: ['ready', 'draining'], example: 'ready' })
  status!: 'ready' | 'draining';
  /** `ok`, or `down`: then lists go on from memory and from the platforms, and writes are refused. */
  @ApiProperty({ enum: ['ok', 'down'], example: 'ok' })
  redis!: 'ok' | 'down';
}
