import { Module } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { DirectoryStore } from './directory-store.ts';
import { FILE_STORE, type FileStore } from './file-store.ts';

/** The store that gateways and workers share. */
@Module({
  providers: [
    {
      provide: FILE_STORE,
      inject: [GATEWAY_CONFIG],
      useFactory: ({ files }: GatewayConfig): FileStore => new DirectoryStore(files.directory),
    },
  ],
  exports: [FILE_STORE],
})
export class FilesModule {}
