/** Orders version numbers as the package feed does: by their numbers, a preview before its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  for (let part = 0; part < 4; part += 1) {
    const difference = (left.numbers[part] ?? 0) - (right.numbers[part] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.preview === null || right.preview === null)
    return Number(left.preview === null) - Number(right.preview === null);
  return left.preview.localeCompare(right.preview, 'en', { numeric: true });
}

function split(version: string): { readonly numbers: number[]; readonly preview: string | null } {
  // Words count without regard to case.
  const [core = '', ...preview] = (version.toLowerCase().split('+')[0] ?? '').split('-');
  return {
    numbers: core.split('.').map(Number),
    preview: preview.length === 0 ? null : preview.join('-'),
  };
}
