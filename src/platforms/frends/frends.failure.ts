import {
  type ExplainFailure,
  explainGeneric,
  parseObject,
  pick,
} from '../../upstream/upstream-failure.ts';

/** Reads problem details (RFC 9457), and the `errors` by field that ASP.NET adds when it refuses parameters. */
export const explainFrends: ExplainFailure = (answer) => {
  const generic = explainGeneric(answer);
  const body = parseObject(answer.text);
  const fields = body === null ? null : fieldErrors(body['errors']);
  if (body === null || fields === null) return generic;
  const sentence = pick(body, 'detail', 'title');
  return { ...generic, message: sentence === null ? fields : `${sentence} ${fields}` };
};

/** `PageSize: must be at most 200. processGuid: is not valid.` */
function fieldErrors(errors: unknown): string | null {
  if (typeof errors !== 'object' || errors === null || Array.isArray(errors)) return null;
  const said = Object.entries(errors as Record<string, unknown>).map(([field, messages]) => {
    const list: readonly unknown[] = Array.isArray(messages) ? messages : [messages];
    const texts = list.filter((message) => typeof message === 'string');
    return `${field}: ${texts.join(' ')}`;
  });
  return said.length === 0 ? null : said.join(' ');
}
