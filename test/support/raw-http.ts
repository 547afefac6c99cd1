import { connect } from 'node:net';
import type { Answer, Serving } from './http.ts';

/** Sends bytes as they are, and reads the answer until the other side hangs up. */
export async function sendRaw<T>({ baseUrl }: Serving, bytes: string): Promise<Answer<T>> {
  const { hostname, port } = new URL(baseUrl);
  const received = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no end after:\n${text}`)));
    socket.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
    socket.once('error', reject).once('end', () => {
      resolve(text);
    });
  });
  const [head = '', body = ''] = received.split('\r\n\r\n');
  const [start = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(':');
    return [name.toLowerCase(), value.join(':').trim()];
  });
  return {
    status: Number(start.split(' ')[1]),
    headers: Object.fromEntries(headers),
    text: body,
    body: JSON.parse(body) as T,
  };
}
