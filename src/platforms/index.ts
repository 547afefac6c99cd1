import { odsl } from './odsl/odsl.platform.ts';
import type { Platform } from './platform.ts';

/** Every platform the gateway knows, one line each. */
export const platforms: readonly Platform[] = [odsl];
