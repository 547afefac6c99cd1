import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ApiProblemsWith, requestIdHeader } from '../../http/api-docs.ts';
import { ApiRunId, runProblems } from '../run-docs.ts';

const text = { type: 'string' as const };

const rangeOf = (example: string): Record<string, object> => ({
  'Content-Range': {
    description:
      'Which bytes of how many; `*` in place of how many while what is kept stands in, as the log may be longer by now.',
    schema: text,
    example,
  },
});

const fileHeaders = {
  'Accept-Ranges': {
    description: 'Ranges of bytes can be asked for; not when it is followed.',
    schema: text,
    example: 'bytes',
  },
  'Content-Disposition': {
    description: 'A name for the log as a file; not when it is followed.',
    schema: text,
    example: 'inline; filename="4711.log"',
  },
  'Cache-Status': {
    description:
      'Where its platform could not be asked, that what is kept stands in (RFC 9211): the log may be longer by now.',
    schema: text,
    example: 'process-gateway; hit; detail=stale-if-error',
  },
  ...requestIdHeader,
};

const ApiLog = (): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'The log.',
    headers: fileHeaders,
    content: {
      'text/plain': { schema: text, example: '2026-11-21T05:06:07.089Z INFO Started\n' },
      'application/x-ndjson': {
        schema: text,
        example: '{"at":"2026-11-21T05:06:07.089Z","level":"Info","message":"Started"}\n',
      },
      'text/event-stream': {
        schema: text,
        example:
          'id: 41\nevent: log\ndata: {"text":"2026-11-21T05:06:07.089Z INFO Started\\n"}\n\n',
      },
    },
  });

const ApiLogPart = (): MethodDecorator =>
  ApiResponse({
    status: 206,
    description: 'The part that was asked for.',
    content: { 'text/plain': { schema: text }, 'application/x-ndjson': { schema: text } },
    headers: {
      ...rangeOf('bytes 0-199/1244'),
      ...fileHeaders,
    },
  });

/** Documents reading and following a log. */
export const ApiRunLog = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({
      summary: 'Read or follow the log of a run',
      description:
        'As text, in whole or a `Range` of its bytes; as one JSON object a line with `Accept: application/x-ndjson` where the platform keeps lines; followed with `Accept: text/event-stream`, where the id of an event is the offset of the next byte, with an `e` behind it at the end, so that `Last-Event-ID` goes on without a gap. Who follows a run that is not sent yet waits within the stream; who reads its log is told 409, or 404 once it was never run; 409 of a start in doubt, too. Who follows a log that the platform refuses is told so as who reads it is. What was read once never changes; late lines come at the end. Where the platform keeps lines and fails, or does not give them within 2.5 seconds, what was kept of them is told (`Cache-Status: …; detail=stale-if-error`), which need not be all: `Cache-Control: no-cache` waits for the platform, and so does who asks for a range that lies behind what is kept. Followers are told what is kept at once, and the end only once the platform has given all. Where the platform keeps lines and gives them by time, they are looked for up to a minute before the newest one that was read: one that it writes down later than that is not in the log. A log of lines beyond 16 MiB ends with a line that says so. 501 where the platform has no logs.',
    }),
    ApiRunId(),
    ApiHeader({
      name: 'Range',
      required: false,
      description:
        'One range of bytes, as `bytes=0-1023`, `bytes=1024-` or `bytes=-500` (RFC 9110 §14). Passed over beside `If-Range`, as a log has no validator.',
      schema: { type: 'string', example: 'bytes=0-199' },
    }),
    ApiHeader({
      name: 'Cache-Control',
      required: false,
      description:
        '`no-cache`: as its platform has it now, which is asked every two seconds at most; what is kept does not stand in. Not when it is followed.',
      schema: { type: 'string', example: 'no-cache' },
    }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description:
        'When it is followed: the `id` of the last event that the caller has, as it is, or an offset to go on from. 204 when nothing will come after it: to the id of the end, and to the last offset five minutes after the run has ended, as platforms write down the last lines late, and only while the platform can be asked.',
      schema: { type: 'string', example: '41' },
    }),
    ApiLog(),
    ApiResponse({
      status: 204,
      description: 'It was followed to its end already.',
      headers: requestIdHeader,
    }),
    ApiLogPart(),
    ApiProblemsWith(
      { 416: rangeOf('bytes */1244') },
      ...runProblems,
      'conflict',
      'range_not_satisfiable',
    ),
  );
