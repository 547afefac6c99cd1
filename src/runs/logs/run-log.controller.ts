import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { create } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { Readable } from 'node:stream';
import { NotFoundError, RangeNotSatisfiableError } from '../../domain/errors.ts';
import { ApiRequestId } from '../../http/api-docs.ts';
import { callerGone } from '../../http/caller-gone.ts';
import { EventStream } from '../../http/event-stream.ts';
import { deadline } from '../../timing/deadline.ts';
import { StreamQuery } from '../../watching/stream.query.ts';
import { PossibleRunGuard } from '../possible-run.guard.ts';
import type { FoundRun } from '../found-run.ts';
import { type RunsService, WATCHED_RUNS } from '../runs.service.ts';
import { SharedReads } from '../shared-reads.ts';
import { standInMs, standInStatus, unlessAway } from '../stand-in.ts';
import type { LogFormat } from './line-log.ts';
import { answerOf, contentRangeOf } from './log-answer.ts';
import type { LogSource, LogStretch } from './log-source.ts';
import { type LogReached, logReachedBy } from './log-event-id.ts';
import { hasNothingFrom, type LogReach } from './log-reach.ts';
import { endEvent } from './log-followers.ts';
import { settledAfterMs } from './log-tail.ts';
import { LogTails } from './log-tails.ts';
import { ApiRunLog } from './run-log-docs.ts';
import { RunLogs } from './run-logs.ts';

/** Of a platform that is looked at beside its callers, in ms. */
const lookTimeoutMs = 30_000;

const lines = 'application/x-ndjson';
const types: Readonly<Record<LogFormat, string>> = {
  text: 'text/plain; charset=utf-8',
  json: `${lines}; charset=utf-8`,
};

/** What runs write down. */
@ApiTags('Runs')
@ApiRequestId()
@UseGuards(PossibleRunGuard)
@Controller('v1/runs/:id/log')
export class RunLogController {
  readonly #runs: RunsService;
  readonly #logs: RunLogs;
  readonly #tails: LogTails;
  readonly #looks = new SharedReads<unknown>(0);

  constructor(
    @Inject(WATCHED_RUNS) runs: RunsService,
    @Inject(RunLogs) logs: RunLogs,
    @Inject(LogTails) tails: LogTails,
  ) {
    this.#runs = runs;
    this.#logs = logs;
    this.#tails = tails;
  }

  @Get()
  @ApiRunLog()
  async readLog(
    @Param('id') id: string,
    @Query() query: StreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = await this.#runs.watched(id, 'log');
    // What reaches this takes one of the three: where it is not among these, lines.
    const accepted = new Negotiator(request.raw).mediaType(typesOf(found)) ?? lines;
    if (accepted === 'text/event-stream') {
      await this.#follow(found, query, request, reply);
      return;
    }
    const format = accepted === lines ? 'json' : 'text';
    const gone = callerGone(reply);
    const source = this.#logs.open(found, format);
    const answer = await answerOf(source, request.headers, gone);
    if (answer === null) throw new NotFoundError(`${found.record.id} has no log.`);
    const { reach, stretch } = answer;
    if (stretch === 'outside') throw outside(reply, reach);
    if (reach.isStale) void reply.header('cache-status', standInStatus);
    void reply
      .header('content-type', types[format])
      .header(
        'content-disposition',
        create(`${fileName(found)}.${format === 'json' ? 'ndjson' : 'log'}`, { type: 'inline' }),
      )
      .header('x-content-type-options', 'nosniff')
      .header('accept-ranges', 'bytes')
      .header('cache-control', 'no-store');
    if (stretch !== null)
      void reply.code(206).header('content-range', contentRangeOf(stretch, reach));
    send(reply, source, stretch ?? { start: 0, end: reach.size }, gone);
  }

  async #follow(
    found: FoundRun,
    query: StreamQuery,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { doc } = found.record;
    const last = logReachedBy(request.headers['last-event-id']);
    if (last !== null && (await this.#isAll(found, last, callerGone(reply)))) {
      void reply.code(204).send();
      return;
    }
    const isToBegin = doc.nativeId === null && !doc.final;
    const source = isToBegin ? null : this.#logs.open(found, 'text');
    if (source !== null) await this.#refuseRefused(found.record.id, source);
    await this.#runs.watchOver(found);
    const stream = new EventStream(reply, query.for === undefined ? null : query.for * 1_000);
    if (source === null) await this.#onceBegun(found, stream, last?.at ?? 0);
    else this.#tell(found, source, stream, last?.at ?? 0);
  }

  /** Who follows a log that its platform refuses is told so, as within a stream nobody is; once for all who come at once. */
  async #refuseRefused(id: string, source: LogSource): Promise<void> {
    if (this.#tails.isFollowed(id)) return;
    const look = (): Promise<unknown> => source.size(deadline(lookTimeoutMs));
    await unlessAway(this.#looks.get(id, look), standInMs);
  }

  /** Whether nothing will come any more for who has come so far: the last lines may be later than the end of the run. */
  async #isAll(found: FoundRun, { at, hasEnd }: LogReached, gone: AbortSignal): Promise<boolean> {
    const endedForMs = endedFor(found);
    if (endedForMs === null) return false;
    if (found.record.doc.nativeId === null) return true;
    if (!hasEnd && endedForMs <= settledAfterMs) return false;
    return hasNothingFrom(at, this.#logs.open(found, 'text'), gone);
  }

  /** A start may be scheduled for long after anything between would have given up on a silent request. */
  async #onceBegun(found: FoundRun, stream: EventStream, at: number): Promise<void> {
    const over = new AbortController();
    stream.onEnd(() => {
      over.abort();
    });
    const begun = await this.#runs.begun(found, over.signal);
    if (stream.isOver) return;
    if (begun.record.doc.nativeId !== null) {
      this.#tell(begun, this.#logs.open(begun, 'text'), stream, at);
      return;
    }
    // Where this process is stopped meanwhile, the caller comes back for the rest.
    if (begun.record.doc.final) stream.send(endEvent(0));
    stream.end();
  }

  #tell({ record }: FoundRun, source: LogSource, stream: EventStream, at: number): void {
    const { id } = record;
    const endedForMs = async (): Promise<number | null> => endedFor(await this.#runs.watched(id));
    this.#tails.follow({ key: id, source, endedForMs }, stream, at);
  }
}

/** A log that is kept as bytes has no lines; who takes nothing else is told so when it is opened. */
function typesOf({ connection }: FoundRun): string[] {
  const isOfLines = connection.part('log').kind === 'lines';
  return ['text/plain', ...(isOfLines ? [lines] : []), 'text/event-stream'];
}

/** RFC 9110 §15.5.17 */
function outside(reply: FastifyReply, { size }: LogReach): RangeNotSatisfiableError {
  void reply.header('content-range', `bytes */${size}`);
  return new RangeNotSatisfiableError(
    `The log has ${size} bytes, and the range lies outside of them.`,
    { members: { size } },
  );
}

function send(
  reply: FastifyReply,
  source: LogSource,
  { start, end }: LogStretch,
  gone: AbortSignal,
): void {
  void reply.header('content-length', end - start);
  void reply.send(Readable.from(source.read({ start, end }, gone), { objectMode: false }));
}

function endedFor({ record: { doc } }: FoundRun): number | null {
  // By when the end was seen: the platform's clock may be far behind.
  return doc.final ? Date.now() - Date.parse(doc.updatedAt) : null;
}

function fileName({ record }: FoundRun): string {
  return record.id.replaceAll(/[^\w.-]+/g, '-');
}
