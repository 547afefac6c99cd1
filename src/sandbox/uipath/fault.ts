/** An error as the platform words it; `code` is null where it answers without a body. */
export class UipathFault extends Error {
  readonly status: number;
  readonly code: number | null;

  constructor(status: number, code: number | null, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Nothing stands under the name or number that was asked for. */
export function notFound(what: string): UipathFault {
  return new UipathFault(404, 1002, `${what} does not exist.`);
}

/** A body or a query that the platform cannot take. */
export function invalid(message: string): UipathFault {
  return new UipathFault(400, 1000, message);
}
