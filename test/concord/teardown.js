// Stops what `setup.js` started, and nothing else.
export default async function stop() {
  await globalThis.stopConcord?.();
}
