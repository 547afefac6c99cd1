import type { z } from 'zod';
import { path } from '../../upstream/path.ts';
import type { UpstreamCall, UpstreamQuery } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { Page } from '../../upstream/walk.ts';
import type { odataList } from './uipath.wire.ts';

/** What the platform's own functions and actions begin with. */
export const functions = 'UiPath.Server.Configuration.OData';

/** A page of an OData list. */
export interface ListCall extends Pick<UpstreamCall, 'headers' | 'absent' | 'signal' | 'spend'> {
  readonly path: string;
  readonly query: UpstreamQuery;
  readonly top: number;
  readonly skip: number;
}

/** One page; a list always says how much it wants and has, because servers give what they like otherwise. */
export async function listPage<S extends ReturnType<typeof odataList>>(
  http: UpstreamClient,
  schema: S,
  { top, skip, query, ...call }: ListCall,
): Promise<Page<z.output<S>['value'][number]>> {
  const paging = { $top: top, $skip: skip, $count: true };
  const answer = await http.json(schema, { ...call, query: { ...query, ...paging } });
  const items = answer?.body.value ?? [];
  return { items, total: answer === null ? 0 : (answer.body['@odata.count'] ?? null) };
}

/** A string in an OData expression (OData URL conventions 4.01 §5.1.1.6.1): its quotes are doubled. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A string as an argument of an OData function, percent-encoded with its quotes left as they are. */
export function argument(text: string): string {
  return `'${path`${text.replaceAll("'", "''")}`}'`;
}
