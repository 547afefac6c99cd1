import { formatId } from '../domain/ids.ts';
import { shown } from '../platforms/examples.ts';

const data = shown('definition');
const placed = shown('deployable');
const run = shown('activable');
const read = shown('repository');

/** A process whose definition is data. */
export const exampleDefinition = {
  id: formatId(data.connection, data.piece?.key ?? data.key),
  configuration: data.piece?.configuration ?? {},
  version: data.piece?.version ?? '1',
  latest: data.piece?.latest ?? '2',
};

/** One that stands somewhere. */
export const exampleDeployable = {
  id: formatId(placed.connection, placed.piece?.key ?? placed.key),
  version: placed.piece?.version ?? 'latest',
  target: placed.piece?.target ?? '1',
  deployment: placed.piece?.deployment ?? '1',
};

/** A version that can be made the one that runs. */
export const exampleActivable = {
  id: formatId(run.connection, run.piece?.key ?? run.key),
  version: run.piece?.version ?? 'latest',
};

/** A process that comes from a repository. */
export const exampleOfRepository = formatId(read.connection, read.piece ?? read.key);
