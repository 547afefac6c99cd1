import type { Arena } from './arena.ts';
import type { Subject } from './import-subjects.ts';

const effectNames: Readonly<Record<string, string>> = {
  frends: 'process.imported',
  odsl: 'process.saved',
  uipath: 'package.uploaded',
};
const pageSize = 200;

/** How often imports have really taken effect, by the ledgers of the sandboxes; as it was when they were read. */
export class ImportEffects {
  /** Of each platform: what its effects are about, as often as there were such. */
  readonly #about: ReadonlyMap<string, readonly string[]>;

  private constructor(about: ReadonlyMap<string, readonly string[]>) {
    this.#about = about;
  }

  static async of(arena: Arena): Promise<ImportEffects> {
    const names = await frendsNames(arena);
    const about = Object.entries(effectNames).map(([platform, name]) => {
      const effects = arena.stage
        .sandbox(platform)
        .ledger()
        .filter(({ effect }) => effect === name)
        .map(({ details }) => {
          const id = String(details['guid'] ?? details['id']);
          // Of a process whose GUID the platform has made the name alone tells where it came from.
          return `${id} ${names.get(id) ?? ''}`;
        });
      return [platform, effects] as const;
    });
    return new ImportEffects(new Map(about));
  }

  /** Of one import, without what stood before it. */
  of({ platform, mark, isSeeded }: Subject): number {
    const own = (this.#about.get(platform) ?? []).filter((text) => text.includes(mark));
    return own.length - (isSeeded ? 1 : 0);
  }

  /** All that there were, whoever they were of. */
  all(platform: string): number {
    return this.#about.get(platform)?.length ?? 0;
  }
}

/** The names of all processes by their GUIDs. */
async function frendsNames({ stage }: Arena): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (let page = 1; ; page += 1) {
    const answer = await fetch(
      `${stage.sandbox('frends').url}/api/v1/processes?PageNumber=${page}&PageSize=${pageSize}`,
      { headers: { authorization: 'Bearer sandbox-token' } },
    );
    const { data } = (await answer.json()) as {
      readonly data: readonly { readonly uniqueIdentifier: string; readonly name: string }[];
    };
    for (const { uniqueIdentifier, name } of data) names.set(uniqueIdentifier, name);
    if (data.length < pageSize) return names;
  }
}
