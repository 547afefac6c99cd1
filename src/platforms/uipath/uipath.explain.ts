import {
  type ExplainFailure,
  isProse,
  parseObject,
  pick,
} from '../../upstream/upstream-failure.ts';

/**
 * Reads the platform's errors: its own (`message`, `errorCode`, `traceId`, in either case of their first letter), those
 * of OData and of the framework's sign-in (nested in `error`), RFC 7807, and plain text.
 */
export const explainUipath: ExplainFailure = ({ text, headers }) => {
  const body = parseObject(text);
  if (body === null) return { message: isProse(text, headers) ? text : null };
  const nested = parseObject(JSON.stringify(body['error'] ?? null)) ?? {};
  return {
    code: pick(body, 'errorCode') ?? pick(nested, 'code') ?? pick(body, 'code', 'error'),
    message:
      pick(body, 'message', 'detail', 'error_description') ??
      pick(nested, 'message', 'details') ??
      pick(body, 'title'),
    requestId: pick(body, 'traceId', 'requestId'),
  };
};
