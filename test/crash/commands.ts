import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Tells every command that a Redis is given, as text (`MONITOR`). Read here line by line: on a busy server the client
 * library takes the first of them for answers.
 */
export async function listenToCommands(
  url: string,
  tell: (command: string) => void,
): Promise<Socket> {
  const { hostname, port, password } = new URL(url);
  const socket = connect(Number(port), hostname);
  // It ends with its server, which is killed again and again.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    tell(line.replaceAll('\\"', '"'));
  });
  socket.write(`AUTH ${password}\r\nMONITOR\r\n`);
  await once(lines, 'line');
  return socket;
}
