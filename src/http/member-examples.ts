import type { OpenAPIObject } from '@nestjs/swagger';

interface Schema {
  example?: unknown;
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

type Schemas = Readonly<Record<string, Schema>>;

const place = '#/components/schemas/';

/** Gives each member that has no example of its own one that is made of those of its members. */
export function completeExamples({ components }: OpenAPIObject): void {
  const schemas = (components?.schemas ?? {}) as Schemas;
  for (const { properties = {} } of Object.values(schemas)) {
    for (const member of Object.values(properties)) {
      if (member.example !== undefined || member.examples !== undefined) continue;
      const example = exampleOf(member, schemas);
      if (example !== undefined) member.example = example;
    }
  }
}

/** Undefined where nothing that it is made of has an example. */
function exampleOf(schema: Schema, schemas: Schemas): unknown {
  const { example, examples = [], $ref, properties, items, allOf = [], anyOf = [] } = schema;
  if (example !== undefined) return example;
  if (examples.length > 0) return examples[0];
  if ($ref !== undefined) return exampleOf(schemas[$ref.slice(place.length)] ?? {}, schemas);
  if (items !== undefined) {
    const item = exampleOf(items, schemas);
    return item === undefined ? undefined : [item];
  }
  if (properties !== undefined) return exampleOfMembers(properties, schemas);
  return [...allOf, ...anyOf]
    .map((each) => exampleOf(each, schemas))
    .find((each) => each !== undefined);
}

function exampleOfMembers(properties: Schemas, schemas: Schemas): object {
  const members = Object.entries(properties).map(([name, member]) => [
    name,
    exampleOf(member, schemas),
  ]);
  return Object.fromEntries(members) as object;
}
