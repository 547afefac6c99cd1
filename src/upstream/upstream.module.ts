import { Module } from '@nestjs/common';
import { UpstreamFactory } from './upstream.factory.ts';

/** HTTP towards platforms. */
@Module({ providers: [UpstreamFactory], exports: [UpstreamFactory] })
export class UpstreamModule {}
