// Gives the specs of this folder a real Concord: the one that CONCORD_URL and CONCORD_API_KEY name, else one of its own.
import { down, up } from './real/concord.js';

export default async function start() {
  if (process.env.CONCORD_URL !== undefined) return;
  const { url, apiKey } = await up();
  Object.assign(process.env, { CONCORD_URL: url, CONCORD_API_KEY: apiKey });
  globalThis.stopConcord = down;
}
