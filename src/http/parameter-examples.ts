import type { OpenAPIObject } from '@nestjs/swagger';

interface Parameter {
  in: string;
  required?: boolean;
  example?: unknown;
  schema?: { example?: unknown; examples?: unknown[] };
}

/**
 * Puts the examples of parameters where Swagger UI does the right thing with them: a required one is filled in, so that
 * every operation can be tried as it stands; an optional one is shown, not filled in, so that nobody filters by accident.
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
  if (example === undefined) return;
  if (parameter.required === true) parameter.example = example;
  else schema.examples = [example];
}
