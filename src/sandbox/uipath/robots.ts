import { uuidOf } from '../kit/random.ts';

/** A robot account and the machine that it runs on. */
export interface StoredRobot {
  readonly id: number;
  readonly name: string;
  readonly userName: string;
  readonly machine: { readonly id: number; readonly name: string; readonly key: string };
}

function robot(id: number, name: string, machine: string): StoredRobot {
  return {
    id,
    name,
    userName: `acme\\${name}`,
    machine: { id: id + 100, name: machine, key: uuidOf(`uipath/machine/${machine}`) },
  };
}

const first = robot(301, 'rpa-runner-01', 'VM-RPA-01');

/** The unattended robots of every folder. */
export const robots: readonly StoredRobot[] = [
  first,
  robot(302, 'rpa-runner-02', 'VM-RPA-02'),
  robot(303, 'rpa-runner-03', 'VM-RPA-02'),
];

export function robotOf(id: number): StoredRobot {
  return robots.find((each) => each.id === id) ?? first;
}
