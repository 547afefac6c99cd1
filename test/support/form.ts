import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import type { Answer, Serving } from './http.ts';

/** A part of a form: a text, or a file with its name and the type that the caller says it has. */
export type FormPart =
  | readonly [name: string, text: string]
  | readonly [name: string, content: Buffer, fileName: string, type?: string];

type Headers = Readonly<Record<string, string>>;

/** POST of a form, its parts in this order and between a boundary of its own, whatever the status of the answer. */
export async function sendForm<T>(
  serving: Serving,
  path: string,
  parts: readonly FormPart[],
  headers: Headers = {},
): Promise<Answer<T>> {
  const form = new FormData();
  for (const [name, content, fileName, type] of parts) {
    if (typeof content === 'string') form.append(name, content);
    else form.append(name, new Blob([new Uint8Array(content)], { type: type ?? '' }), fileName);
  }
  return sendBody<T>(serving, path, form, headers);
}

/** POST of any body, whatever the status of the answer. */
export async function sendBody<T>(
  { baseUrl }: Serving,
  path: string,
  body: FormData | Uint8Array,
  headers: Headers = {},
): Promise<Answer<T>> {
  const answer = await fetch(`${baseUrl}${path}`, { method: 'POST', body, headers });
  const said = await answer.text();
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    text: said,
    body: JSON.parse(said) as T,
  };
}

/** POST of a file as it lies on disk. */
export async function sendFile<T>(
  { baseUrl }: Serving,
  path: string,
  file: string,
  headers: Headers,
): Promise<Answer<T>> {
  const { size } = await stat(file);
  return new Promise((resolve, reject) => {
    const sending = request(`${baseUrl}${path}`, {
      method: 'POST',
      headers: { 'content-length': String(size), ...headers },
    });
    sending.once('error', reject);
    sending.once('response', (response) => {
      text(response).then((said) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          text: said,
          body: JSON.parse(said) as T,
        });
      }, reject);
    });
    pipeline(createReadStream(file), sending).catch(reject);
  });
}
