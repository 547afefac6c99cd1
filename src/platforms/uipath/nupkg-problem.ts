/** Why a file is no package that can be imported: `at` names the place, and the message goes on from there. */
export class NupkgProblem extends Error {
  readonly at: string;

  constructor(at: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.at = at;
  }
}

/** The file as a whole. */
export const wholeFile = 'file';
