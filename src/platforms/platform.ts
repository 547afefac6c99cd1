import type { Type } from '@nestjs/common';
import type { z } from 'zod';
import type { ConnectionConfig } from '../config/connection.config.ts';
import type { BuildInfo, PlatformAdapter } from '../domain/adapter.ts';
import type { DeploymentRecord } from '../domain/deployment.ts';
import type { Native } from '../domain/native.ts';
import type { Schedule } from '../domain/process.ts';
import type { RunRecord } from '../domain/run.ts';
import type { DocumentedCall } from './documented-call.ts';

/** Opens adapters: one per configured connection. Opening does no I/O, so an upstream that is down stops nobody. */
export interface PlatformConnector<C extends ConnectionConfig = ConnectionConfig> {
  open(connection: C): PlatformAdapter;
}

/**
 * What the API document shows in a platform's own words, all of it as its sandbox has it. A platform brings what it is a
 * good example of: of each piece but the key, the document shows the first that there is.
 */
export interface PlatformExamples {
  /** The native key of a process. The document shows those of all platforms. */
  readonly key: string;
  /** Set where every route of processes and connections has an answer for this process and its connection: Swagger UI fills these in. */
  readonly answersEveryRoute?: true;
  /** Some members of its configuration. */
  readonly configuration?: Native;
  /** What its latest package is called. */
  readonly fileName?: string;
  /** What whoever hands a package on has to know of it: a sentence. */
  readonly packageNote?: string;
  /** What a file that it imports may have at most: a sentence. */
  readonly fileNote?: string;
  readonly deployment?: Pick<
    DeploymentRecord,
    'id' | 'nativeIds' | 'version' | 'target' | 'native'
  >;
  /** Settings of a deployment. */
  readonly settings?: Native;
  /** Its own JSON of the process, as its list has it. */
  readonly native?: Native;
  /** Its own JSON of a version of it, as the list of versions has it. */
  readonly versionNative?: Native;
  /** Its page that starts the process, on a server of some name. */
  readonly startPage?: string;
  /** When any process of the sandbox starts by itself. */
  readonly schedule?: Schedule;
  readonly build?: Omit<BuildInfo, 'missing'>;
  /** A run of the process that has failed. */
  readonly run?: Pick<RunRecord, 'nativeId' | 'status' | 'upstreamStatus' | 'error' | 'native'>;
  /** Runs for which every route of runs has an answer: Swagger UI fills these in. */
  readonly runs?: ExampleRuns;
  /** Set where definitions are data: a process every change of which can be tried. */
  readonly definition?: ExampleDefinition;
  /** A process that can be deployed, and a place where it is. */
  readonly deployable?: ExampleDeployable;
  /** A version that can be made the one that runs. */
  readonly activable?: { readonly key: string; readonly version: string };
  /** Native key of a process that comes from a repository. */
  readonly repository?: string;
  /** A process of the sandbox that can be moved, and the id of the connection to another of its environments. */
  readonly promotable?: { readonly key: string; readonly to: string };
  /** What an archive of its own is started with. */
  readonly archive?: { readonly entryPoint: string; readonly request: Native };
}

/** A process of a sandbox whose definition is data. */
export interface ExampleDefinition {
  readonly key: string;
  /** What it may be replaced with. */
  readonly configuration: Native;
  /** One of its versions, and not the latest. */
  readonly version: string;
  readonly latest: string;
}

/** A process of a sandbox that stands somewhere. */
export interface ExampleDeployable {
  readonly key: string;
  readonly version: string;
  /** Id of the target. */
  readonly target: string;
  /** Id of the deployment there. */
  readonly deployment: string;
}

/** Runs that a sandbox has from the beginning. */
export interface ExampleRuns {
  /** Native id of one that has ended. */
  readonly ended: string;
  /** A file that it has left behind. */
  readonly attachment: string;
  /** Native id of one that waits. */
  readonly suspended: string;
  /** What that waits for. */
  readonly event: string;
}

/** The face of a platform folder: everything the rest of the gateway knows of it. */
export interface Platform {
  /** The word that configurations and answers use, `[a-z0-9-]`. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** What a connection of it is configured with, on top of what every connection has; settings that contradict each other are refused here. */
  readonly settings: z.ZodObject;
  /** The Nest module that provides and exports the connector. */
  readonly module: Type;
  readonly connector: Type<PlatformConnector>;
  /** What a start may say that this platform alone knows: a class with the decorators of its validation and documentation. */
  readonly startOptions: Type<object>;
  readonly examples: PlatformExamples;
  /** Every call that its documents name. */
  readonly documents: readonly DocumentedCall[];
  /** What a process shares with others that are changed with it, of its native key. Absent where it is changed by itself. */
  readonly changedWith?: (key: string) => string;
  /** Name of the sandbox that stands in for it. */
  readonly sandbox: string;
  /** A connection to its sandbox, as it would stand in a configuration: what is tried without any account. */
  sandboxConnection(url: string): Readonly<Record<string, unknown>>;
  /**
   * What further connections to the sandbox change of that one, by the word that their ids end in: other environments, so
   * that moving versions from one to another can be tried. Absent where the sandbox has one only.
   */
  readonly sandboxEnvironments?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
