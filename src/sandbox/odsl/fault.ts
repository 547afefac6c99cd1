/** An error as the platform words it: a status, and code and text for the header `x-odsl-error`. */
export class OdslFault extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
