import type { FastifyInstance } from 'fastify';
import type { Store } from '../kit/store.ts';
import { blobSignature, leftBehind } from './attachments.ts';
import type { StoredAttachment, UipathState } from './state.ts';

interface Named {
  Params: { id: string };
  Querystring: { sig?: string };
}

/** The storage beside the service: whoever has the address gets in, and credentials of the service mean nothing here. */
export function blobRoutes(app: FastifyInstance, store: Store<UipathState>): void {
  const find = (id: string, signature: string | undefined): StoredAttachment | null => {
    if (signature !== blobSignature(id)) return null;
    const { attachments, jobs } = store.state;
    const all = [...attachments, ...jobs.flatMap(leftBehind)];
    return all.find((each) => each.id === id) ?? null;
  };
  app.get<Named>('/blobs/attachments/:id', async ({ params, query }, reply) => {
    const found = find(params.id, query.sig);
    if (found?.bytes === undefined || found.bytes === null) return reply.code(404).send();
    return reply
      .header('content-type', 'application/octet-stream')
      .send(Buffer.from(found.bytes, 'base64'));
  });
  app.put<Named>('/blobs/attachments/:id', async (request, reply) => {
    const found = find(request.params.id, request.query.sig);
    if (found === null) return reply.code(404).send();
    if (request.headers['x-ms-blob-type'] !== 'BlockBlob') return reply.code(400).send();
    found.bytes = Buffer.isBuffer(request.body) ? request.body.toString('base64') : '';
    store.record('attachment.written', { id: found.id, chars: found.bytes.length });
    return reply.code(201).send();
  });
}
