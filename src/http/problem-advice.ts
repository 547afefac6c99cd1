import type { ProblemCode } from '../domain/errors.ts';

/** What each error means to a caller, and what to do next. */
export const advice: Readonly<Record<ProblemCode, string>> = {
  invalid_request:
    'Something in the request is not as it should be. <code>errors</code> names every field and what is wrong with it.',
  unauthenticated: 'The route needs a caller who has signed in, and the request names none.',
  forbidden: 'The caller is known and may not do this.',
  not_found:
    'Nothing is called so, or nothing that this caller may see. Ids come from lists: take them as they are and percent-encode them as one path segment.',
  method_not_allowed:
    'The route exists, but not for this method. <code>Allow</code> names those that it takes.',
  not_acceptable:
    'The request’s <code>Accept</code> leaves nothing that the route can send. Take <code>application/json</code>.',
  conflict: 'What stands now does not allow this. The detail says what stands.',
  cursor_expired:
    'A cursor keeps the lists that it walks for ten minutes. Begin again with the first page.',
  precondition_failed: 'The thing has changed since it was read. Read it again and decide anew.',
  too_large: 'The request, or a part of it, is beyond the limit that the detail names.',
  unsupported_media_type: 'The route does not read this <code>Content-Type</code>.',
  range_not_satisfiable:
    'The range begins beyond the end. <code>Content-Range</code> says how long the content is.',
  invalid_input:
    'The input is not what the process takes; `errors` names the members. `inputSchema` of the process says what fits. Nothing was started.',
  invalid_file: 'The file is not what the platform takes. The detail names the place.',
  idempotency_key_reused:
    'The key was used for another request. Make a new key for each new request.',
  upstream_rejected:
    'The platform has read the request and refused it. <code>upstream</code> has its own words.',
  rate_limited:
    'The caller asks more often than it may. <code>Retry-After</code> says when to come back.',
  internal: 'A defect of the gateway. Its log has the details under the request id.',
  capability_not_supported:
    'The platform of this connection cannot do this, so nothing was asked of it. <code>GET /v1/connections</code> says what each connection can do.',
  upstream_auth_failed:
    'The platform does not accept the gateway’s credentials, or they may not do this. It is not about the caller’s own: tell the operator.',
  upstream_contract:
    'The platform answered with something that its documents do not promise: a web page of a proxy, a broken body, another version. Tell the operator.',
  sources_unavailable:
    'The list was to be complete and is not, or no source could be read at all. <code>sources</code> says which and why.',
  upstream_unavailable:
    'The platform cannot be reached, or fails. Lists go on from what was read before.',
  upstream_rate_limited:
    'The platform asks the gateway to slow down. <code>Retry-After</code> says for how long, where the platform does.',
  store_unavailable:
    'The gateway’s Redis cannot be reached, or files cannot be stored, and this cannot be done without it. The detail says which, and `outcome` whether anything was done.',
  upstream_timeout: 'The platform did not answer in time.',
  not_cached:
    'The request’s <code>Cache-Control: only-if-cached</code> forbids asking the platform, and nothing is kept, or what is kept is older than the request allows.',
};
