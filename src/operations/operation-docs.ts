import { ApiParam } from '@nestjs/swagger';
import { exampleOperation } from './operation-examples.ts';

/** Documents the id in the path. */
export const ApiOperationId = (): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: 'Id of the operation, as the answer that made it says it.',
    schema: { type: 'string', example: exampleOperation.id },
  });

/** What can go wrong with one operation. */
export const operationProblems = ['not_found'] as const;
