import * as listed from './index.ts';
import type { Platform } from './platform.ts';

/** Every platform the gateway knows, in alphabetical order. */
export const platforms: readonly Platform[] = Object.values(listed);
