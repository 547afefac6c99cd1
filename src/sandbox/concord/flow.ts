import { ownAt } from '../kit/own.ts';

/** A step of a flow as project files write it: `{log: …}`, `{set: …}`, `{task: sleep, in: …}` and so on. */
export type Step = Readonly<Record<string, unknown>>;

type Variables = Readonly<Record<string, unknown>>;

/** A line that a step writes into the log. */
interface Line {
  /** Since the act began, in ms. */
  readonly afterMs: number;
  readonly level: 'INFO' | 'ERROR';
  readonly text: string;
  /** Counts the steps of the run that have a log of their own; null for what the agent writes. */
  readonly task: number | null;
}

/** What a run waits for: a form that somebody fills in, or an event of that name. */
export interface Form {
  readonly kind: 'form' | 'event';
  readonly name: string;
  readonly fields: readonly FormField[];
}

interface FormField {
  readonly name: string;
  readonly label: string | null;
  readonly type: string;
}

/** A part of a flow that runs without waiting for anybody. */
export interface Act {
  readonly durationMs: number;
  readonly lines: readonly Line[];
  readonly end: 'FINISHED' | 'FAILED' | 'SUSPENDED';
  readonly error: string | null;
  readonly form: Form | null;
  readonly checkpoints: readonly { readonly name: string; readonly afterMs: number }[];
  readonly variables: Variables;
}

class StepFailed extends Error {}
class Waiting extends Error {
  readonly form: Form;
  constructor(form: Form) {
    super('a form waits');
    this.form = form;
  }
}

const stepMs = 60;

/**
 * Plays a flow: one act up to every form, the next one with what was filled in. The last act is the one that waits when
 * there are more forms than `submissions`.
 */
export function play(
  steps: readonly Step[],
  variables: Variables,
  submissions: readonly Variables[],
): readonly Act[] {
  const stage = new Stage(variables, submissions);
  const acts: Act[] = [];
  // A flow starts anew for every act and passes silently over what the acts before have done.
  for (let index = 0; index <= submissions.length; index += 1) {
    const act = stage.perform(steps, index);
    acts.push(act);
    if (act.end !== 'SUSPENDED') break;
  }
  return acts;
}

class Stage {
  readonly #arguments: Variables;
  readonly #submissions: readonly Variables[];
  #variables: Record<string, unknown> = {};
  #lines: Line[] = [];
  #checkpoints: { name: string; afterMs: number }[] = [];
  #clockMs = 0;
  #forms = 0;
  #tasks = 0;
  #silentForms = 0;

  constructor(initial: Variables, submissions: readonly Variables[]) {
    this.#arguments = initial;
    this.#submissions = submissions;
  }

  perform(steps: readonly Step[], act: number): Act {
    this.#variables = { ...this.#arguments };
    this.#lines = [];
    this.#checkpoints = [];
    this.#clockMs = 0;
    this.#forms = 0;
    this.#tasks = 0;
    this.#silentForms = act;
    try {
      this.#all(steps);
      return this.#act('FINISHED', null, null);
    } catch (error) {
      if (error instanceof Waiting) return this.#act('SUSPENDED', null, error.form);
      if (!(error instanceof StepFailed)) throw error;
      this.#write('ERROR', `(concord.yml): Error @ line: 1, col: 1. ${error.message}`, null);
      return this.#act('FAILED', error.message, null);
    }
  }

  #act(end: Act['end'], error: string | null, form: Form | null): Act {
    return {
      durationMs: this.#clockMs + stepMs,
      lines: this.#lines,
      end,
      error,
      form,
      checkpoints: this.#checkpoints,
      variables: this.#variables,
    };
  }

  #all(steps: readonly Step[]): void {
    for (const step of steps) this.#one(step);
  }

  #one(step: Step): void {
    this.#pass(stepMs);
    if ('log' in step) {
      this.#tasks += 1;
      this.#write('INFO', textOf(this.#value(step['log'])), this.#tasks);
    } else if ('set' in step) {
      for (const [name, value] of Object.entries(step['set'] as Variables))
        this.#variables[name] = this.#value(value);
    } else if ('throw' in step) throw new StepFailed(textOf(this.#value(step['throw'])));
    else if (step['task'] === 'sleep') this.#sleep(step);
    else if ('form' in step)
      this.#wait({ kind: 'form', name: textOf(step['form']), fields: fieldsOf(step['fields']) });
    else if ('suspend' in step)
      this.#wait({ kind: 'event', name: textOf(step['suspend']), fields: [] });
    else if ('checkpoint' in step && this.#heard())
      this.#checkpoints.push({ name: textOf(step['checkpoint']), afterMs: this.#clockMs });
    else if ('block' in step) this.#block(step);
  }

  #sleep(step: Step): void {
    const input = (step['in'] ?? {}) as Variables;
    const duration = this.#value(input['duration']);
    this.#tasks += 1;
    if (typeof duration !== 'number') {
      throw new StepFailed(
        "Invalid variable 'duration' type, expected: class java.lang.Number, got: class java.lang.String",
      );
    }
    this.#write('INFO', `Sleeping for ${duration * 1_000}ms`, this.#tasks);
    this.#pass(duration * 1_000);
  }

  #wait(form: Form): void {
    const submission = this.#submissions[this.#forms];
    this.#forms += 1;
    if (submission === undefined || this.#forms > this.#silentForms) throw new Waiting(form);
    if (form.kind === 'form') this.#variables[form.name] = submission;
    else Object.assign(this.#variables, submission);
  }

  #block(step: Step): void {
    const steps = step['block'] as readonly Step[];
    const loop = step['loop'] as { items?: unknown } | undefined;
    if (loop === undefined) {
      this.#all(steps);
      return;
    }
    const items = this.#value(loop.items);
    for (const item of Array.isArray(items) ? (items as unknown[]) : []) {
      this.#variables['item'] = item;
      this.#all(steps);
    }
  }

  /** Whether this act is the one that does what stands here: what stood before the last form has been done. */
  #heard(): boolean {
    return this.#forms >= this.#silentForms;
  }

  #pass(ms: number): void {
    if (this.#heard()) this.#clockMs += ms;
  }

  #write(level: Line['level'], text: string, task: number | null): void {
    if (this.#heard()) this.#lines.push({ afterMs: this.#clockMs, level, text, task });
  }

  /** A whole `${name}` gives the value itself, one within a text its words. */
  #value(template: unknown): unknown {
    if (typeof template !== 'string') return template;
    const whole = /^\$\{([\w.]+)\}$/.exec(template);
    if (whole !== null) return this.#lookUp(whole[1] ?? '', template);
    return template.replace(/\$\{([\w.]+)\}/g, (_all, name: string) =>
      textOf(this.#lookUp(name, template)),
    );
  }

  #lookUp(name: string, template: string): unknown {
    const value = ownAt(this.#variables, name.split('.'));
    if (value === undefined) {
      throw new StepFailed(
        `Can't find a variable '${name}' used in '${template}'. Check if it is defined in the current scope.`,
      );
    }
    return value;
  }
}

function fieldsOf(fields: unknown): FormField[] {
  return ((fields ?? []) as Record<string, Variables>[]).flatMap((entry) =>
    Object.entries(entry).map(([name, options]) => ({
      name,
      label: typeof options['label'] === 'string' ? options['label'] : null,
      type: typeof options['type'] === 'string' ? options['type'] : 'string',
    })),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
