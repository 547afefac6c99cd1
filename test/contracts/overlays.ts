import type { Overlay } from '../support/openapi.ts';
import { frendsOverlay } from './frends.overlay.ts';
import { odslOverlay } from './odsl.overlay.ts';
import { uipathOverlay } from './uipath.overlay.ts';

/** By platform: what is known about its API document. A platform without a document is missing. */
export const overlays: Readonly<Record<string, Overlay>> = {
  uipath: uipathOverlay,
  odsl: odslOverlay,
  frends: frendsOverlay,
};
