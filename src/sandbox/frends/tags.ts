import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { own, setOwn } from '../kit/own.ts';
import type { Store } from '../kit/store.ts';
import { Binding, pathGuid } from './binding.ts';
import { bodyOf } from './body.ts';
import { invalid } from './fault.ts';
import type { FrendsState } from './state.ts';

type Change = (before: readonly string[], tags: readonly string[]) => string[];

/** Tags of elements; of this tenant's only processes have any. */
export function tagRoutes(app: FastifyInstance, store: Store<FrendsState>): void {
  app.get('/tags', (request) => {
    const query = new Binding(request);
    const guids = query.guids('elementIdentifiers');
    query.done();
    const tagged = guids.filter((guid) => (own(store.state.tags, guid) ?? []).length > 0);
    return { data: Object.fromEntries(tagged.map((guid) => [guid, store.state.tags[guid]])) };
  });
  app.get<{ Params: { type: string } }>('/tags/:type', (request) => {
    const all = request.params.type === 'Process' ? Object.values(store.state.tags).flat() : [];
    return { data: [...new Set(all)].sort() };
  });
  const changing =
    (change: Change) =>
    (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
      changeTags(store, bodyOf(request), change);
      return reply.code(204).send();
    };
  app.patch(
    '/tags',
    changing((before, tags) => [...new Set([...before, ...tags])]),
  );
  app.put(
    '/tags',
    changing((_before, tags) => [...tags]),
  );
  app.delete(
    '/tags',
    changing((before, tags) => before.filter((tag) => !tags.includes(tag))),
  );
  app.delete<{ Params: { guid: string } }>('/tags/:guid', (request, reply) => {
    const guid = pathGuid('elementGuid', request.params.guid);
    store.state.tags[guid] = [];
    store.record('tags.changed', { guid, tags: [] });
    return reply.code(204).send();
  });
}

function changeTags(
  store: Store<FrendsState>,
  body: Readonly<Record<string, unknown>>,
  change: Change,
): void {
  const texts = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  const types = ['Process', 'ProcessTemplate', 'PrivateApplication', 'ApiPolicy'];
  if (!types.includes(String(body['elementType']))) {
    throw invalid({ ElementType: ['The ElementType field is required.'] });
  }
  for (const guid of texts(body['elementGuids']).map((each) => each.toLowerCase())) {
    const tags = change(own(store.state.tags, guid) ?? [], texts(body['tags']));
    setOwn(store.state.tags, guid, tags);
    store.record('tags.changed', { guid, tags });
  }
}
