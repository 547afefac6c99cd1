// Stands between the agent and the server's socket and holds back what the server says for a moment. The agent notes a
// request only after it has sent it, so an answer that comes at once finds no request: the run is lost, and the agent
// waits for ever. Arguments: port to listen on, port of the server, the folder whose process this is.
import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers';

const delayMs = 200;
const [port, target] = process.argv.slice(2).map(Number);

createServer((agent) => {
  const server = connect(target, '127.0.0.1');
  agent.pipe(server);
  server.on('data', (chunk) => setTimeout(() => agent.write(chunk), delayMs));
  const end = () => {
    agent.destroy();
    server.destroy();
  };
  for (const socket of [agent, server]) socket.on('close', end).on('error', end);
}).listen(port, '127.0.0.1');
