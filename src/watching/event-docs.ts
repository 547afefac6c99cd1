import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { requestIdHeader } from '../http/api-docs.ts';
import type { WatchedName } from './watched.ts';

/** Documents a stream of changes; `example`: the first one. */
export const ApiEvents = (name: WatchedName, example: string): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: `Events until the end: \`${name}\` with the ${name} after each change, \`end\` with the ${name} as it ended; a comment every 15 seconds in between. One that is over without \`end\` is to be opened again with the last \`id\`; a browser does so by itself, but not where it is answered with anything but 200, as 503: it takes a new EventSource where \`readyState\` is 2.`,
    headers: requestIdHeader,
    content: { 'text/event-stream': { schema: { type: 'string' }, example } },
  });

/** Documents the answer to who has all of a stream. */
export const ApiNothingMore = (description: string): MethodDecorator =>
  ApiResponse({ status: 204, description, headers: requestIdHeader });

/** Documents the header that goes on where a stream was left. */
export const ApiLastEventId = (): MethodDecorator =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description:
      'The `id` of the last event that the caller has, as it is: what came after it follows. 204 when nothing will.',
    schema: { type: 'string', example: '3' },
  });
