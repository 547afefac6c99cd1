import { type ExplainFailure, isProse, pick } from '../../upstream/upstream-failure.ts';

/**
 * Reads the shapes that Concord's errors have: a list of `{id, message}` (validation), an object with `message` and
 * `details` (a start that failed), an object with `message` alone (a login that failed), a sentence, or nothing at all.
 * The media type is no help: some sentences are labelled as JSON.
 */
export const explainConcord: ExplainFailure = ({ text, headers }) => {
  const body = parsed(text);
  if (Array.isArray(body)) return { message: body.map(validationError).filter(Boolean).join('; ') };
  if (typeof body === 'object' && body !== null) {
    const fields = body as Record<string, unknown>;
    const said = [pick(fields, 'message'), pick(fields, 'details')];
    return { message: said.filter((part) => part !== null).join(' ') };
  }
  if (typeof body === 'string') return { message: body };
  return { message: isProse(text, headers) ? text : null };
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** `*` stands for the request as a whole, anything else for the part that is wrong. */
function validationError(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const { id, message } = entry as { id?: unknown; message?: unknown };
  if (typeof message !== 'string') return null;
  return typeof id === 'string' && id !== '*' ? `${id} ${message}` : message;
}
