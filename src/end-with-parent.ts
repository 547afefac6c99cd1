/** A process that another one started with a channel to itself ends in good order when that one is gone. */
export function endWithParent(): void {
  if (process.send === undefined) return;
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
  });
}
