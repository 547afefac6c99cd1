import { Module } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { FilesConfig } from '../config/files.config.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { RedisClients } from '../redis/redis.clients.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { DirectoryStore } from './directory-store.ts';
import { EndedFiles } from './ended-files.ts';
import { FILE_STORE, type FileStore } from './file-store.ts';
import { Inspections } from './inspections.ts';
import { SentFiles } from './sent-files.ts';

/** The store that gateways and workers share, and how its files are sent and let go of. */
@Module({
  providers: [
    {
      provide: FILE_STORE,
      inject: [GATEWAY_CONFIG],
      useFactory: ({ files }: GatewayConfig) => openStore(files),
    },
    // One of a process: what limits them is its processor, whoever asks.
    { provide: Inspections, useFactory: () => new Inspections() },
    {
      provide: EndedFiles,
      inject: [RedisClients, GATEWAY_CONFIG],
      useFactory: ({ patient }: RedisClients, { redis }: GatewayConfig) =>
        new EndedFiles(patient, redis.prefix),
    },
    {
      provide: SentFiles,
      inject: [FILE_STORE, EndedFiles, GATEWAY_CONFIG, LOG],
      useFactory: (store: FileStore, ended: EndedFiles, { files }: GatewayConfig, log: Log) =>
        new SentFiles(store, ended, files.retention, log),
    },
  ],
  exports: [FILE_STORE, Inspections, EndedFiles, SentFiles],
})
export class FilesModule {}

async function openStore({ directory, s3 }: FilesConfig): Promise<FileStore> {
  if (s3 === null) return new DirectoryStore(directory);
  // The vendor's library takes 26 MB and a quarter of a second, which nobody pays who has no use for it.
  const { S3Store } = await import('./s3-store.ts');
  return new S3Store(s3, directory);
}
