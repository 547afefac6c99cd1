import {
  ConflictError,
  type ErrorDetails,
  type GatewayError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
} from '../../domain/errors.ts';
import { outRefused, pathsRefused, payloadRefused } from './concord.admission.ts';

/**
 * What the answer to a start means. The server words some refusals as failures of its own (500), though it has looked at
 * the request and started nothing; any other failure leaves open what has happened.
 */
export function startRefusal(error: unknown, project: string): unknown {
  const answered =
    error instanceof UpstreamRejectedError || error instanceof UpstreamUnavailableError;
  if (!answered || error.details.upstream === undefined) return error;
  const said = error.details.upstream.message ?? '';
  const details: ErrorDetails = { ...error.details, outcome: 'rejected', cause: error };
  if (said.includes('not accepting custom out')) return outRefused(project, details);
  if (said.includes('not accepting raw payloads')) return payloadRefused(project, details);
  if (said.includes('no longer supported')) return pathsRefused(details);
  if (/is disabled\b|^(Organization|Project|Repository) not found\b/.test(said))
    return new ConflictError(`Concord starts nothing there: ${said}`, details);
  return error instanceof UpstreamRejectedError ? rejected(error, details) : error;
}

function rejected(error: GatewayError, details: ErrorDetails): UpstreamRejectedError {
  return new UpstreamRejectedError(error.message, details);
}
