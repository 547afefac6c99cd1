import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface Schema {
  readonly description?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Described {
  readonly name: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly schema?: Schema;
}

interface Header extends Omit<Described, 'name'> {
  readonly $ref?: string;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Described[];
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly headers?: Readonly<Record<string, Header>>;
        readonly content?: Readonly<
          Record<
            string,
            { readonly examples?: Readonly<Record<string, { readonly $ref: string }>> }
          >
        >;
      }
    >
  >;
}

const document = JSON.parse(
  readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8'),
) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly headers: Readonly<Record<string, Header>>;
    readonly examples: Readonly<Record<string, { readonly value: { readonly outcome: unknown } }>>;
  };
};

const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

const isSaid = (text: string | undefined) => text !== undefined && text.trim() !== '';

/** Undefined where it has none. */
function exampleOf({ example, examples = [] }: Schema): unknown {
  return example === undefined ? examples[0] : example;
}

describe('the API document', () => {
  it.each(operations.map((operation) => [operation.operationId, operation] as const))(
    'says what %s does, takes and answers',
    (_id, { summary, description, tags, parameters = [], responses }) => {
      expect([isSaid(summary), isSaid(description), tags?.length]).toEqual([true, true, 1]);
      for (const parameter of parameters) {
        const { name } = parameter;
        const shown =
          parameter.example !== undefined || exampleOf(parameter.schema ?? {}) !== undefined;
        expect([name, isSaid(parameter.description), shown]).toEqual([name, true, true]);
      }
      for (const [status, { description: said, headers = {}, content }] of Object.entries(
        responses,
      )) {
        expect([status, isSaid(said)]).toEqual([status, true]);
        for (const [name, told] of Object.entries(headers)) {
          const header = document.components.headers[told.$ref?.split('/').at(-1) ?? ''] ?? told;
          expect([name, isSaid(header.description), header.example !== undefined]).toEqual([
            ...[name, true, true],
          ]);
        }
        if (status.startsWith('2')) expect(Object.keys(headers)).toContain('X-Request-Id');
        if (!status.startsWith('4') && !status.startsWith('5')) continue;
        if (content?.['application/json'] !== undefined) continue; // A probe that is not ready.
        expect(Object.keys(content ?? {})).toEqual(['application/problem+json']);
        expect(content?.['application/problem+json']?.examples).toBeDefined();
      }
    },
  );

  it.each(Object.entries(document.paths).filter(([path]) => path.includes('/runs')))(
    'says of the problems of writes to %s what became of them',
    (_path, methods) => {
      const problems = Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.values(responses).flatMap(({ content }) => {
          const shown = content?.['application/problem+json']?.examples ?? {};
          return Object.values(shown).map(({ $ref }) => [method, $ref.split('/').at(-1)] as const);
        }),
      );
      for (const [method, name = ''] of problems)
        expect([name, document.components.examples[name]?.value.outcome ?? null]).toEqual([
          name,
          method !== 'post' || name.startsWith('internal') ? null : expect.any(String),
        ]);
    },
  );

  it.each(Object.entries(document.components.schemas))(
    'says what the members of %s are',
    (schema, { properties = {} }) => {
      expect(Object.keys(properties)).not.toHaveLength(0);
      for (const [member, property] of Object.entries(properties)) {
        const name = `${schema}.${member}`;
        const example = exampleOf(property);
        expect([name, isSaid(property.description), (example ?? null) !== null]).toEqual([
          name,
          true,
          true,
        ]);
      }
    },
  );

  it.each([
    ['StartRun', 'labels', 50],
    ['ConcordStartOptions', 'activeProfiles', 100],
    ['ConcordStartOptions', 'out', 100],
    ['UipathStartOptions', 'robots', 100],
  ])('says how long a list in a body may be: %s.%s', (schema, member, longest) => {
    const list = document.components.schemas[schema]?.properties?.[member];
    expect(list?.maxItems).toBe(longest);
  });

  it('says how long a list in a query may be', () => {
    const streams = operations.find(({ parameters = [] }) =>
      parameters.some(({ name }) => name === 'run'),
    );
    const run = streams?.parameters?.find(({ name }) => name === 'run');
    expect(run?.schema?.maxItems).toBe(100);
  });

  it('gives every operation a name of its own', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
