/** A version as NuGet reads it (learn.microsoft.com/nuget/concepts/package-versioning). */
interface NugetVersion {
  /** Major, minor, patch, revision; what is not said is 0. */
  readonly numbers: readonly bigint[];
  /** The labels of a preview; empty for a release. */
  readonly labels: readonly string[];
}

const pattern = /^\d+(\.\d+){0,3}(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z.-]*)?$/;
const parts = 4;

/** Whether a text is a version that a package can have. */
export function isNugetVersion(text: string): boolean {
  return pattern.test(text);
}

/**
 * Orders versions as NuGet does: number by number, a preview before its release, build metadata aside; so `1.0` equals
 * `1.0.0`, and `1.10.0` comes after `1.9.0`. What is no version comes before every version, by its text.
 */
export function compareNugetVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  if (left === null || right === null) {
    if (left !== null || right !== null) return left === null ? -1 : 1;
    return a === b ? 0 : a < b ? -1 : 1;
  }
  return compareNumbers(left.numbers, right.numbers) || compareLabels(left.labels, right.labels);
}

function parse(text: string): NugetVersion | null {
  if (!isNugetVersion(text)) return null;
  const [plain = ''] = text.split('+');
  const dash = plain.indexOf('-');
  const core = dash < 0 ? plain : plain.slice(0, dash);
  return {
    numbers: core.split('.').map(BigInt),
    labels: dash < 0 ? [] : plain.slice(dash + 1).split('.'),
  };
}

function compareNumbers(left: readonly bigint[], right: readonly bigint[]): number {
  for (let part = 0; part < parts; part += 1) {
    const [one, other] = [left[part] ?? 0n, right[part] ?? 0n];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** Label by label; of two that begin alike the shorter comes first (Semantic Versioning 2.0.0 §11). */
function compareLabels(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0)
    return Number(left.length === 0) - Number(right.length === 0);
  for (const [at, label] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const order = compareLabel(label, other);
    if (order !== 0) return order;
  }
  return left.length === right.length ? 0 : -1;
}

/** Numbers by their value and before words; words without regard to case, which is NuGet's own. */
function compareLabel(left: string, right: string): number {
  const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (leftIsNumber && rightIsNumber) return compareNumbers([BigInt(left)], [BigInt(right)]);
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
  const [one, other] = [left.toLowerCase(), right.toLowerCase()];
  return one === other ? 0 : one < other ? -1 : 1;
}
