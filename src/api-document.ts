import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { problemHeaders } from './http/api-docs.ts';
import { completeExamples } from './http/member-examples.ts';
import { placeExamples } from './http/parameter-examples.ts';
import { ProblemDto } from './http/problem.dto.ts';
import { problemExamples } from './http/problem-examples.ts';
import { platforms } from './platforms/all.ts';

const titles = platforms.map(({ title }) => title);

const description = `One REST API over ${new Intl.ListFormat('en-GB').format(titles)}.

**Ids** are \`<connection>:<native key>\`: take them from lists as they are and percent-encode them as one path segment.
**Collections** answer \`{data, page: {nextCursor, total}}\`; those that merge several connections add \`sources\`, which says
how fresh each part is and what is missing. **Errors** are problem documents (RFC 9457) with a stable \`code\`.
**Freshness** is the caller's choice: \`Cache-Control: no-cache\` asks the platform, nothing at all takes what is kept.`;

/** Writes the OpenAPI 3.1 document of the running code. */
export function createApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Process gateway')
    .setDescription(description)
    .setVersion(version)
    .addServer('/', 'This gateway')
    .addTag('Processes', 'Definitions that can be run, of all platforms in one shape')
    .addTag('Runs', 'Executions of processes: started once, watched, stopped')
    .addTag('Changes', 'What is defined: made, replaced, deployed, deleted, each once')
    .addTag('Operations', 'Changes on their way: watched, cancelled, settled')
    .addTag('Connections', 'Platforms and the accounts on them')
    .addTag('Health', 'For whoever runs the gateway')
    .build();
  const document = SwaggerModule.createDocument(app, base, {
    operationIdFactory: (_controller, method) => method,
    extraModels: [ProblemDto],
  });
  placeExamples(document);
  completeExamples(document);
  const text = JSON.stringify(document.paths);
  const used = Object.entries(problemExamples()).filter(([name]) =>
    text.includes(`"#/components/examples/${name}"`),
  );
  const components = {
    ...document.components,
    headers: problemHeaders,
    examples: Object.fromEntries(used),
  };
  return { ...document, components, security: [] };
}
