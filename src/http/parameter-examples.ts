import type { OpenAPIObject } from '@nestjs/swagger';

/** Goes into the description of an optional parameter that is filled in all the same. */
export const filledIn: object = { 'x-filled-in': true };

interface Parameter {
  in: string;
  required?: boolean;
  example?: unknown;
  schema?: { example?: unknown; examples?: unknown[] };
  'x-filled-in'?: boolean;
}

/**
 * Puts the examples of parameters where Swagger UI does the right thing with them: a required one is filled in, so that
 * every operation can be tried as it stands; an optional one is shown, not filled in, so that nobody filters by accident,
 * unless its schema says otherwise.
 */
export function placeExamples(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path) as { parameters?: Parameter[] }[]) {
      for (const parameter of operation.parameters ?? []) place(parameter);
    }
  }
}

function place(parameter: Parameter): void {
  const { schema = {} } = parameter;
  const example = parameter.example ?? schema.example;
  delete parameter.example;
  delete schema.example;
  const isFilledIn = parameter.required === true || parameter['x-filled-in'] === true;
  delete parameter['x-filled-in'];
  if (example === undefined) return;
  if (isFilledIn) parameter.example = example;
  else schema.examples = [example];
}
