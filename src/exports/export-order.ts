import type { Connection } from '../connections/connection.ts';
import { type FieldError, InvalidRequestError } from '../domain/errors.ts';
import { formatId, parseId } from '../domain/ids.ts';
import { bodyOf } from '../http/body.ts';
import { invalid } from '../http/mistakes.ts';
import { ExportItemDto, ExportRequestDto, mostItems } from './export.dto.ts';

/** What goes into one file, as it was asked for. */
export interface ExportOrder {
  /** That all of them are on. */
  readonly connection: Connection;
  readonly items: readonly { readonly process: string; readonly version: string | null }[];
}

/** The items of a body that may be anything; no more than may be asked for. */
export function namedIn(body: unknown): readonly unknown[] {
  const { items } = (body ?? {}) as { readonly items?: unknown };
  const all: readonly unknown[] = Array.isArray(items) ? items : [];
  return all.slice(0, mostItems).map((item) => (item as { process?: unknown } | null)?.process);
}

/** The items of a body, each checked, ids in the spelling that equal ones share. @throws InvalidRequestError naming what is wrong of each */
export function itemsOf(body: unknown): ExportOrder['items'] {
  const { items } = bodyOf(body, ExportRequestDto);
  const errors: FieldError[] = [];
  const read = items.flatMap((item: unknown, place) => {
    try {
      const { process, version = null } = bodyOf(item ?? '', ExportItemDto, `items[${place}]`);
      return [{ process: canonical(process), version: version === 'latest' ? null : version }];
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      errors.push(...placed(error, place));
      return [];
    }
  });
  if (errors.length > 0) throw invalid('body', errors, { outcome: 'not_sent' });
  return read;
}

function canonical(id: string): string {
  const parsed = parseId(id);
  return parsed === null ? id : formatId(parsed.connection, parsed.key);
}

/** A broken escape is told of an id, wherever that stands. */
function placed({ details, message }: InvalidRequestError, place: number): FieldError[] {
  const { errors = [{ at: 'id', message }] } = details;
  return errors.map(({ at, message: said }) => ({
    at: at === 'id' ? `items[${place}].process` : at,
    message: said,
  }));
}
