import { isRetryable, type Outcome, type ProblemCode, problems } from '../domain/errors.ts';

/** What the sentence of an error can say. */
const details: Readonly<Record<ProblemCode, string>> = {
  invalid_request: 'The query is not valid: limit must not be greater than 200.',
  unauthenticated: 'This route needs a caller who has signed in.',
  forbidden: 'The caller may not do this.',
  not_found: 'There is no process "billing:Nothing".',
  method_not_allowed: 'PUT is not for this route, which takes GET, HEAD.',
  not_acceptable: 'This route answers with application/json only.',
  conflict: 'The version is deployed in Shared, so it cannot be deleted.',
  cursor_expired: 'The cursor is too old: begin again with the first page.',
  precondition_failed: 'The process has changed since it was read.',
  too_large: 'The body is larger than 1 MiB (1048576 bytes), the most that JSON may have here.',
  unsupported_media_type: 'This route does not read text/csv.',
  range_not_satisfiable: 'The log has 1244 bytes; the range begins beyond them.',
  invalid_input: 'The input does not fit the process: input.invoiceId is required.',
  invalid_file: 'The archive has no manifest.',
  idempotency_key_reused: 'The key was used for another request.',
  upstream_rejected:
    'Billing (billing) answered GET /definitions with 400. It says: the folder is missing.',
  rate_limited: 'At most 600 requests a minute: come back in 12 s.',
  internal: 'Something went wrong in the gateway. Its log has the details under this request id.',
  capability_not_supported:
    'Billing (billing) has no versions. What it can do: processes, schedules.',
  upstream_auth_failed: 'Billing (billing) answered GET /definitions with 401.',
  upstream_contract:
    'Billing (billing) answered GET /definitions with something that is not its contract: data must be array.',
  sources_unavailable:
    'The list misses billing (failed). Billing (billing) cannot be reached: ECONNREFUSED.',
  upstream_unavailable: 'Billing (billing) cannot be reached for GET /definitions: ECONNREFUSED.',
  upstream_rate_limited: 'Billing (billing) answered GET /definitions with 429.',
  store_unavailable: 'Redis cannot be reached.',
  upstream_timeout: 'Billing (billing) did not answer GET /definitions in time.',
  not_cached:
    'Only the cache was to be asked, and lacks billing (skipped). Nothing is kept of billing.',
};

/** Where it is otherwise for a write: only what has been put to its platform can be refused by it. */
const writeDetails: Readonly<Partial<Record<ProblemCode, string>>> = {
  upstream_rejected:
    'Billing (billing) answered POST /executions with 400. It says: the folder is missing.',
};

/** The name of the example of a code: one of a write says what became of it. */
export function exampleName(code: ProblemCode, isWrite: boolean): string {
  return isWrite ? `${code}.write` : code;
}

/** What a problem of each code looks like where something is read, and where something is written, by name. */
export function problemExamples(): Record<string, { summary: string; value: object }> {
  const codes = Object.keys(problems) as ProblemCode[];
  return Object.fromEntries(
    [false, true].flatMap((isWrite) =>
      codes.map((code) => [
        exampleName(code, isWrite),
        { summary: problems[code].title, value: exampleOf(code, isWrite) },
      ]),
    ),
  );
}

function exampleOf(code: ProblemCode, isWrite: boolean): Record<string, unknown> {
  const { status, title } = problems[code];
  const isUpstream = code.startsWith('upstream_');
  return {
    type: `/docs/problems/${code}`,
    title,
    status,
    detail: (isWrite ? writeDetails[code] : null) ?? details[code],
    instance: isWrite ? '/v1/processes/billing:Invoices/runs' : '/v1/processes',
    code,
    requestId: '0197f0c2-8d5e-7a10-9c53-6d3b1f6f0a11',
    connection: isUpstream ? 'billing' : null,
    platform: isUpstream ? 'billing' : null,
    upstream: isUpstream
      ? { status: 503, code: null, message: 'The service is under maintenance.', requestId: null }
      : null,
    retryable: isRetryable(code),
    outcome: isWrite ? outcomeOf(code) : null,
  };
}

/** Of a write that is refused, or whose platform cannot be asked before it is sent. */
function outcomeOf(code: ProblemCode): Outcome | null {
  if (code === 'internal') return null;
  return code === 'upstream_rejected' ? 'rejected' : 'not_sent';
}
