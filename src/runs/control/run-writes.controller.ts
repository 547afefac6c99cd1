import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, type Outcome, StoreUnavailableError } from '../../domain/errors.ts';
import type { Run } from '../../domain/run.ts';
import { ApiRequestId, ApiWriteProblems } from '../../http/api-docs.ts';
import { bodyOf } from '../../http/body.ts';
import { invalid } from '../../http/mistakes.ts';
import { anonymousCaller } from '../../http/caller.ts';
import { ApiIdempotencyKey } from '../../http/idempotency-docs.ts';
import { ValidateOnlyQuery } from '../../http/validate-only.query.ts';
import { tellOutcome } from '../../http/write-audit.ts';
import { idempotencyKeyOf } from '../../ledger/idempotency.ts';
import { type Begin, WriteOnce } from '../../ledger/write-once.ts';
import { KnownRunGuard } from '../known-run.guard.ts';
import { PossibleRunGuard } from '../possible-run.guard.ts';
import { ApiPlannedRun, ApiRunId, ApiWritten, writeProblems } from '../run-docs.ts';
import { suspendedRun } from '../run-examples.ts';
import { type AskedBy, cancelOutcome } from '../run-audit.ts';
import { CancelRunDto, ResolveRunDto, ResumeRunDto } from './run-writes.dto.ts';
import type { RunControl } from './run-control.ts';
import { RunWritesService } from './run-writes.service.ts';
import type { FoundRun } from '../found-run.ts';
import { RunsService } from '../runs.service.ts';

const soonMs = 1_000;

/** A write, as its route was asked for it. */
interface AskedWrite {
  readonly id: string;
  /** What makes it another request than one with the same path. */
  readonly body: unknown;
  readonly query: ValidateOnlyQuery;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** What has come of it once that is answered. Absent: it is done by then. */
  readonly outcomeOf?: (run: Run) => Outcome | null;
}

/** What is done with runs that there are. */
@ApiTags('Runs')
@ApiRequestId()
@UseGuards(PossibleRunGuard, KnownRunGuard)
@Controller('v1/runs/:id')
export class RunWritesController {
  readonly #writes: RunWritesService;
  readonly #runs: RunsService;
  readonly #once: WriteOnce;

  constructor(
    @Inject(RunWritesService) writes: RunWritesService,
    @Inject(RunsService) runs: RunsService,
    @Inject(WriteOnce) once: WriteOnce,
  ) {
    this.#writes = writes;
    this.#runs = runs;
    this.#once = once;
  }

  @Post('cancel')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Stop a run',
    description:
      'Asking twice does no harm. The run is `cancelling` until its platform has come to that end, which may still be another one. What was not sent yet is never sent, on any platform. A start in doubt stays `unknown` and `final`, and is stopped as soon as its run shows, which is looked for for a day, or a person says which one it is. 501 where the platform cannot stop runs and this one was sent, or is being sent.',
  })
  @ApiRunId()
  @ApiIdempotencyKey()
  @ApiBody({ required: false, type: CancelRunDto })
  @ApiWritten(202)
  @ApiPlannedRun()
  @ApiWriteProblems({}, ...writeProblems, 'conflict')
  cancelRun(
    @Param('id') id: string,
    @Query() query: ValidateOnlyQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Run> {
    const asked = { id, body, query, request, reply, outcomeOf: cancelOutcome };
    return this.#do(asked, (_, writes, by) => {
      const { force = false, cascade = false } = bodyOf(body, CancelRunDto);
      return writes.cancel(id, { force, cascade }, by);
    });
  }

  @Post('restart')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Let a run that has ended begin anew',
    description:
      'Under the same id; `attempt` counts up. When the answer is lost, the run is open until its platform has shown whether it has begun. 409 while it has not ended, 501 where the platform cannot.',
  })
  @ApiRunId()
  @ApiIdempotencyKey()
  @ApiWritten(202)
  @ApiPlannedRun()
  @ApiWriteProblems({}, ...writeProblems, 'conflict')
  restartRun(
    @Param('id') id: string,
    @Query() query: ValidateOnlyQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Run> {
    const asked = { id, body: {}, query, request, reply };
    return this.#do(asked, (begin, writes, by) => {
      refuseContent(body);
      return writes.restart(id, begin, by);
    });
  }

  @Post('resume')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Let a suspended run go on',
    description:
      'With the event that it waits for. 409 when it waits for nothing, or for another one; 501 where the platform cannot.',
  })
  @ApiRunId(suspendedRun)
  @ApiIdempotencyKey()
  @ApiBody({ type: ResumeRunDto })
  @ApiWritten(202)
  @ApiPlannedRun()
  @ApiWriteProblems({}, ...writeProblems, 'conflict')
  resumeRun(
    @Param('id') id: string,
    @Query() query: ValidateOnlyQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Run> {
    const asked = { id, body, query, request, reply };
    return this.#do(asked, (begin, writes, by) => {
      const { event, payload = {} } = bodyOf(body, ResumeRunDto);
      return writes.resume(id, event, payload, begin, by);
    });
  }

  @Post('resolve')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Settle what is unknown about a start',
    description:
      'A person has looked and says what happened: that it was started, with the platform’s id where it is known, or that it was not. 409 when it is not in doubt, when it is said not to have been started though the platform took it, and when the run of that id belongs to another start, is of another process, or began before this start was sent.',
  })
  @ApiRunId()
  @ApiIdempotencyKey()
  @ApiBody({
    type: ResolveRunDto,
    examples: {
      'It was not started': {
        value: { outcome: 'not_sent', note: 'The platform’s own list does not have it.' },
      },
      'It was started': {
        value: { outcome: 'applied', nativeId: '4711', note: 'Found it in its list.' },
      },
    },
  })
  @ApiWritten(200)
  @ApiWriteProblems({}, ...writeProblems, 'conflict')
  resolveRun(
    @Param('id') id: string,
    @Query() query: ValidateOnlyQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Run> {
    const asked = { id, body, query, request, reply };
    return this.#do(asked, (_, writes, by) => writes.resolve(id, bodyOf(body, ResolveRunDto), by));
  }

  async #do(
    { id, body, query, request, reply, outcomeOf = () => 'applied' }: AskedWrite,
    write: (begin: Begin, writes: RunControl, by: AskedBy) => Promise<FoundRun>,
  ): Promise<Run> {
    const by = { caller: anonymousCaller, requestId: request.id };
    void reply.header('cache-control', 'no-store');
    if (query.validateOnly === true) {
      idempotencyKeyOf(request.headers['idempotency-key']);
      const planned = await write(() => Promise.resolve(), this.#writes.plans, by);
      void reply.code(200);
      return this.#runs.show(planned, false);
    }
    const done = await this.#once.run({ request, body, caller: by.caller, record: id }, (begin) =>
      write(begin, this.#writes, by),
    );
    if (done.isReplay) void reply.header('idempotency-replayed', '?1');
    const run = this.#runs.show(done.result ?? (await this.#asItIs(id)), false);
    tellOutcome(request, outcomeOf(run));
    return run;
  }

  /** What an earlier request with the same key has done something with. */
  async #asItIs(id: string): Promise<FoundRun> {
    try {
      return (await this.#runs.kept(id)) ?? (await this.#runs.find(id));
    } catch (cause) {
      if (!(cause instanceof GatewayError)) throw cause;
      throw new StoreUnavailableError(
        `It was done by an earlier request with this key; how ${id} stands cannot be read now.`,
        { outcome: 'applied', retryAfterMs: soonMs, cause },
      );
    }
  }
}

/** @throws InvalidRequestError when a body says something where there is nothing to say */
function refuseContent(body: unknown): void {
  const content = body ?? {};
  const isEmpty =
    typeof content === 'object' && !Array.isArray(content) && Object.keys(content).length === 0;
  if (isEmpty) return;
  const message = 'must be left out, or be an empty object';
  throw invalid('body', [{ at: 'body', message }], { outcome: 'not_sent' });
}
