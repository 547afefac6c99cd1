import type { PlatformAdapter } from '../../src/domain/adapter.ts';

/** Makes every read of the adapter contract, for what stands and for what does not. */
export async function readEverything(adapter: PlatformAdapter): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const { processes, versions, packages, deployments, targets } = adapter.parts;
  await adapter.ping(signal);
  await targets?.list(signal);
  const listed = (await processes?.list(signal)) ?? [];
  for (const { key } of [...listed.slice(0, 8), { key: 'no-such-process' }]) {
    const found = await processes?.get(key, signal);
    await processes?.resolve(key, signal);
    for (const { nativeIds } of found?.deployments ?? []) {
      for (const id of Object.values(nativeIds)) await processes?.resolve(id, signal);
    }
    await versions?.list(key, signal);
    for (const version of ['latest', found?.latestVersion ?? '1', 'no such version']) {
      await versions?.get(key, version, signal);
      await processes?.resolve(`${key}:${encodeURIComponent(version)}`, signal);
      const file = await packages?.download(key, version, signal);
      file?.content.resume();
    }
    await deployments?.list(key, signal);
  }
}
