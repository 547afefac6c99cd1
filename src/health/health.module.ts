import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.ts';

/** Probes. */
@Module({ controllers: [HealthController] })
export class HealthModule {}
