/** What an error of the library may hold. */
interface S3Error {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly requestId?: unknown };
}

const plain = /^(?!Error$)[\w.:/+=-]{1,80}$/;

/**
 * Why S3 did not do it, in a word or two for people. The error itself goes nowhere: it holds the request with its
 * signature, and whatever the server has said.
 */
export function whyOf(error: unknown): string {
  const { name, code, $metadata = {} } = (error ?? {}) as S3Error;
  const { httpStatusCode, requestId } = $metadata;
  const what = [code, name].find((each) => typeof each === 'string' && plain.test(each));
  const words = [
    typeof what === 'string' ? what : 'an unknown error',
    ...(typeof httpStatusCode === 'number' ? [`HTTP ${httpStatusCode}`] : []),
    ...(typeof requestId === 'string' && plain.test(requestId) ? [`request ${requestId}`] : []),
  ];
  return `S3: ${words.join(', ')}`;
}

/** Whether the error is one of these, as S3 calls them. */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  const { name } = (error ?? {}) as S3Error;
  return typeof name === 'string' && names.includes(name);
}
