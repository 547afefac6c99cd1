import { Inject, Injectable } from '@nestjs/common';
import { Draining } from '../ledger/draining.ts';
import type { ImportLine } from './import-line.ts';

/** The lines of all connections that take imports. */
export const IMPORT_LINES = Symbol('import lines');

/** Does imports. */
@Injectable()
export class ImportsProcessor extends Draining {
  constructor(@Inject(IMPORT_LINES) lines: readonly ImportLine[]) {
    super(lines);
  }
}
