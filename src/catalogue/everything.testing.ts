import { defaultSort, type ProcessQuery } from './process-query.ts';

/** A query that everything matches. */
export const everything: ProcessQuery = {
  connections: null,
  platforms: null,
  q: null,
  name: null,
  key: null,
  labels: null,
  enabled: null,
  updatedAfter: null,
  sort: defaultSort,
  fields: null,
  native: false,
  versions: false,
  requireAll: false,
};
