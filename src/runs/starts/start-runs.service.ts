import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../../catalogue/freshness.ts';
import { InvalidRequestError } from '../../domain/errors.ts';
import { toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import { bodyOf } from '../../http/body.ts';
import type { AcceptedOnce, Keyed } from '../../ledger/accept-once.ts';
import { fingerprintOf } from '../../ledger/idempotency.ts';
import { beforeAcceptance } from '../../ledger/with-outcome.ts';
import { type FoundProcess, ProcessReads, readTimeoutMs } from '../../processes/process-reads.ts';
import { deadline } from '../../timing/deadline.ts';
import { InputCheck } from './input-check.ts';
import { RunAcceptance } from './run-acceptance.ts';
import type { FoundRun } from '../found-run.ts';
import type { AskedBy } from '../run-audit.ts';
import { StartRunDto } from './start-run.dto.ts';

/** A start, as its route takes it. */
export interface StartCall extends Keyed, AskedBy {
  readonly processId: string;
  readonly body: unknown;
  readonly path: string;
}

/** What a start says. */
interface ReadStart {
  readonly body: StartRunDto;
  readonly options: object;
  /** In ms since 1970; null: at once. */
  readonly notBefore: number | null;
}

const dayMs = 24 * 3_600_000;
const latestScheduleMs = 365 * dayMs;
/** What lies further back is a mistake, and no start that comes late. */
const earliestScheduleMs = dayMs;

/** Takes starts in: checks them, writes down what sending them takes, and only then says yes. */
@Injectable()
export class StartRunsService {
  readonly #reads: ProcessReads;
  readonly #acceptance: RunAcceptance;
  readonly #check = new InputCheck();

  constructor(
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(RunAcceptance) acceptance: RunAcceptance,
  ) {
    this.#reads = reads;
    this.#acceptance = acceptance;
  }

  /** @throws GatewayError, which says that nothing was sent wherever the start was not accepted */
  async start(call: StartCall): Promise<AcceptedOnce<FoundRun>> {
    try {
      return await this.#start(call);
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  async #start(call: StartCall): Promise<AcceptedOnce<FoundRun>> {
    const fingerprint = fingerprintOf('POST', call.path, call.body ?? {});
    // What was accepted is told whatever has become of the process, or of its platform.
    const made = await this.#acceptance.made(call, fingerprint);
    if (made !== null) return made;
    const now = await this.#acceptance.now();
    const { body, options, notBefore } = await this.#read(call, now);
    const found = await this.#reads.findLive(call.processId, 'starts', defaultDemand);
    const { input = {}, labels = [] } = body;
    return this.#acceptance.once(call, fingerprint, found.connection, async (mark) => ({
      part: 'starts',
      process: found.key,
      input,
      labels,
      notBefore,
      files: [],
      evidence: await this.#prepare(found, body, options, mark),
    }));
  }

  /** What a start says: what is wrong with it is told before its platform is asked, and before what that cannot do. */
  async #read({ processId, body: sent }: StartCall, now: number): Promise<ReadStart> {
    const { platform } = this.#reads.connectionOf(processId);
    try {
      const body = bodyOf(sent, StartRunDto);
      const options = bodyOf(body.options, platform.startOptions, 'options');
      return { body, options, notBefore: scheduleOf(body, now) };
    } catch (error) {
      // 404 goes before 400, as far as that is known here.
      await this.#reads.refuseImpossible(processId);
      throw error;
    }
  }

  async #prepare(
    found: FoundProcess,
    body: StartRunDto,
    options: object,
    mark: string,
  ): Promise<readonly Native[]> {
    const { connection, key } = found;
    const { input = {}, labels = [], deployment = null } = body;
    const version = body.version ?? found.version;
    const starts = connection.part('starts');
    const signal = deadline(readTimeoutMs(connection));
    const request = { process: key, version, deployment, input, labels, options, mark };
    const prepared = await starts.prepare(request, signal);
    const schema =
      starts.inputSchema === undefined
        ? await this.#schemaOf(found, version)
        : await starts.inputSchema(prepared[0] ?? {}, signal);
    // Last, as 422 goes after 404, 400, 501 and 409, which the platform's own checks may say.
    this.#check.against(schema, input);
    return prepared;
  }

  /** What a process says of its input; that of another version may have to look otherwise. */
  async #schemaOf(
    { connection, key }: FoundProcess,
    version: string | null,
  ): Promise<Native | null> {
    const processes = connection.part('processes');
    const what = ['process', key];
    const { value } = await this.#reads.read(connection, what, defaultDemand, async (signal) => {
      const record = await processes.get(key, signal);
      return record === null ? null : { ...record, native: null };
    });
    const isShown = version === null || version === 'latest' || version === value?.latestVersion;
    return isShown ? (value?.inputSchema ?? null) : null;
  }
}

/** @throws InvalidRequestError */
function scheduleOf({ scheduleAt }: StartRunDto, now: number): number | null {
  const instant = toInstant(scheduleAt);
  if (instant === null) return null;
  const at = Date.parse(instant);
  const isPast = at < now - earliestScheduleMs;
  if (!isPast && at <= now + latestScheduleMs) return at;
  const where = isPast ? 'more than a day back' : 'more than a year ahead';
  throw new InvalidRequestError(`The body is not valid: scheduleAt lies ${where}.`, {
    outcome: 'not_sent',
    errors: [
      {
        at: 'scheduleAt',
        message: isPast ? 'must not lie more than a day back' : 'must be within a year',
      },
    ],
  });
}
