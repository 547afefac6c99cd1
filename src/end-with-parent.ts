/**
 * A process that another one started with a channel to itself ends in good order when that one is gone. To be called
 * first of all: that one may be killed while this one still starts.
 */
export function endWithParent(): void {
  if (process.send === undefined) return;
  const end = (): void => {
    process.kill(process.pid, 'SIGTERM');
  };
  if (process.connected) process.once('disconnect', end);
  else end();
  // The channel alone keeps nobody alive who has nothing more to do.
  process.channel?.unref();
}
