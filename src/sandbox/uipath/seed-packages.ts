import { type Automation, smokeTest } from '../kit/company.ts';
import { Random } from '../kit/random.ts';
import type { StoredArgument, StoredPackage, StoredVersion } from './state.ts';

/** When the first version of the company was published, in ms since 1970. */
export const firstPublish = Date.UTC(2025, 10, 3, 7, 15);
const dayMs = 86_400_000;
const corlib = 'mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089';

/** `Month-end closing checks` → `MonthEndClosingChecks`: package ids have no blanks. */
function packageIdOf(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** A package as the company's automation would have it. */
export function processPackage(
  automation: Automation,
  index: number,
  feedId: string | null,
): StoredPackage {
  const id = packageIdOf(automation.name);
  const random = new Random(`uipath/${id}`);
  const isSmokeTest = automation === smokeTest;
  const numbers = isSmokeTest ? ['1.0.0'] : versionNumbers(index, random);
  const tags = isSmokeTest
    ? 'smoke platform'
    : `${automation.department.toLowerCase()} ${random.pick(['daily', 'weekly', 'on-demand'])}`;
  const versions = numbers.map((version, at): StoredVersion => ({
    version,
    published: new Date(firstPublish + (index * 3 + at * 11) * dayMs).toISOString(),
    authors: random.pick(['Dana Fischer', 'Li Wei', 'Automation Centre of Excellence']),
    description: automation.description,
    tags,
    releaseNotes: at === 0 ? null : random.pick(['Selectors repaired', 'Retries', 'New form']),
    input: isSmokeTest ? [] : inputOf(index),
    output: isSmokeTest ? [] : [argument('out_ItemsHandled', `System.Int32, ${corlib}`)],
    bytes: null,
  }));
  return { id, title: automation.name, packageType: 'Process', feedId, versions };
}

/** Studio counts `1.0.2`, its older releases `1.0.6981.35861`; a few were published as a preview first. */
function versionNumbers(index: number, random: Random): string[] {
  if (index % 7 === 3) {
    const minors = Array.from({ length: random.int(12, 14) }, (_, minor) => `1.${minor}.0`);
    return [...minors.slice(0, 10), '1.9.3', ...minors.slice(10)];
  }
  if (index % 9 === 4) return ['1.0.6981.35861', '1.0.7012.9120', '1.0.7012.11204'];
  const plain = Array.from({ length: random.int(1, 4) }, (_, patch) => `1.0.${patch + 1}`);
  return index % 8 === 6 ? [...plain, '2.0.0-beta.2', '2.0.0-beta.11'] : plain;
}

function inputOf(index: number): StoredArgument[] {
  const all = [
    argument('in_BatchSize', `System.Int32, ${corlib}`, { hasDefault: true }),
    argument('in_Region', `System.String, ${corlib}`, { required: index % 4 === 1 }),
    argument('in_DryRun', `System.Boolean, ${corlib}`, { hasDefault: true }),
    argument('in_Recipients', `System.String[], ${corlib}`),
  ];
  return all.slice(0, (index % 4) + 1);
}

function argument(
  name: string,
  type: string,
  more: Partial<Pick<StoredArgument, 'required' | 'hasDefault'>> = {},
): StoredArgument {
  return { name, type, required: false, hasDefault: false, ...more };
}

/** The one package that no release can run. */
export function libraryPackage(): StoredPackage {
  const template = processPackage(
    {
      name: 'Shared activities',
      department: 'Platform',
      description: 'Activities that the automations of all departments use.',
    },
    2,
    null,
  );
  return { ...template, packageType: 'ProcessLibrary' };
}
