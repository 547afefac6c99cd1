import { fileNameOf } from '../upstream/file-name.ts';

/** Devices, whatever their ending: Windows opens no file that is called so. */
export const device = /^(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³])(?=\.|$)/i;

/** Names that any system can save files under, in one folder: no two are equal where case and composition do not count. */
export function uniqueFileNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const fit = fileNameOf(undefined, name.replace(/[/\\]/g, '_')).replace(device, '_$&');
    for (let count = 1; ; count += 1) {
      const each = count === 1 ? fit : fit.replace(/(?=\.\w+$)/, ` (${count})`);
      const folded = each.normalize('NFC').toLowerCase();
      if (taken.has(folded)) continue;
      taken.add(folded);
      return each;
    }
  });
}
