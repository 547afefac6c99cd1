import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatewayError, UpstreamContractError } from '../../domain/errors.ts';
import { decodeKey, encodeKey } from '../../domain/ids.ts';
import { checked } from '../../upstream/body.ts';
import { currentVersions, lineageOf } from './frends.lineage.ts';
import {
  enabledGuids,
  toDeployment,
  toListedProcess,
  toListedVersion,
  toProcessDetail,
  toTarget,
} from './frends.mapper.ts';
import {
  deploymentListWire,
  placeListWire,
  processEnvelopeWire,
  processListItemWire,
  processListWire,
  tagsWire,
} from './frends.wire.ts';

const guid = '7d0b2a3c-1f4e-4a6b-9c8d-0e1f2a3b4c5d';
const item = { id: 12, uniqueIdentifier: guid, version: 3, name: 'Invoice intake' };
const listed = (changes: object): ReturnType<typeof toListedProcess> =>
  toListedProcess(processListItemWire.parse({ ...item, ...changes }), true, []);

/** Runs what an answer goes through; only an error of the catalogue may come out of it. */
function map(body: unknown): unknown {
  const broken = (problem: string): UpstreamContractError => new UpstreamContractError(problem);
  const shapes = [
    () => {
      const { data } = checked(processListWire, body, broken);
      return [
        currentVersions(data).map((wire) => toListedProcess(wire, false, [])),
        data.map((wire) => toListedVersion(wire, 1, [])),
        lineageOf(guid, data),
      ];
    },
    () => toProcessDetail(checked(processEnvelopeWire, body, broken).data, [], []),
    () => {
      const { data } = checked(deploymentListWire, body, broken);
      return [data.map(toDeployment), enabledGuids(data)];
    },
    () => checked(placeListWire, body, broken).data.map((place) => toTarget(place, place)),
    () => checked(tagsWire, body, broken),
  ];
  return shapes.map((shape) => {
    try {
      return shape();
    } catch (error) {
      if (error instanceof GatewayError) return error.code;
      throw error;
    }
  });
}

describe('mapping of Frends', () => {
  test('any JSON gives records or an error of the catalogue, never a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (body) => {
        expect(() => map(body)).not.toThrow();
      }),
    );
  });

  test('any JSON in the members of a process gives records or an error of the catalogue', () => {
    const names = [
      ...Object.keys(processListItemWire.shape),
      'manualTrigger',
      'processVariables',
      'deploymentId',
      'processGuid',
      'agentGroup',
      'triggersActive',
      'displayName',
      '__proto__',
    ];
    const anyMembers = fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 4 }));
    const likely = { ...item, deploymentId: 4, processGuid: guid, agentGroup: { id: 1 } };
    fc.assert(
      fc.property(anyMembers, (members) => {
        const each = { ...likely, ...members };
        expect(() => map({ data: [each], paging: null })).not.toThrow();
        expect(() => map({ data: each })).not.toThrow();
      }),
    );
  });

  test('a GUID is a key as it stands, in lower case whatever the platform writes', () => {
    const { key } = listed({ uniqueIdentifier: guid.toUpperCase() });
    expect(key).toBe(guid);
    expect(encodeKey(decodeKey(key))).toBe(key);
  });

  test.each([
    ['2025-09-07T10:06:08.662Z', '2025-09-07T10:06:08.662Z'],
    ['2025-09-07T10:06:08.6621234Z', '2025-09-07T10:06:08.662Z'],
    ['2025-09-07T10:06:08', '2025-09-07T10:06:08.000Z'],
    ['2025-09-07T12:06:08.5+02:00', '2025-09-07T10:06:08.500Z'],
    ['0001-01-01T00:00:00', null],
    ['yesterday', null],
    [null, null],
  ])('the date %s becomes %s', (modified, expected) => {
    expect(listed({ modified }).updatedAt).toBe(expected);
  });

  test('a process is a subprocess, belongs to monitoring, or is just a process', () => {
    expect(listed({ isSubprocess: true }).kind).toBe('subprocess');
    expect(listed({ isForMonitoringRule: true }).kind).toBe('monitoring');
    expect(listed({ isSubprocess: null }).kind).toBe('process');
  });

  test('nulls and absent members become nulls, and a process without a name shows its GUID', () => {
    expect(listed({ name: null, description: null, modifier: null })).toMatchObject({
      name: guid,
      description: null,
      updatedBy: null,
      createdAt: null,
      service: null,
      schedule: null,
      startPage: null,
    });
  });

  test('of two versions that both claim to be the latest the newer stands for the process', () => {
    const wires = [4, 3].map((version) => processListItemWire.parse({ ...item, version }));
    expect(currentVersions(wires).map((wire) => wire.version)).toEqual([4]);
    expect(lineageOf(guid, wires)?.versions.map((wire) => wire.version)).toEqual([4, 3]);
  });

  test('a version is called by major and minor, and by its build where those are missing', () => {
    const name = (changes: object): string =>
      toListedVersion(processListItemWire.parse({ ...item, ...changes }), 3, []).displayVersion;
    expect(name({ majorVersion: 2, minorVersion: 0 })).toBe('2.0');
    expect(name({ majorVersion: null })).toBe('3');
  });

  test('a deployment of a build that the platform does not name has no version', () => {
    const [wire] = deploymentListWire.parse({
      data: [{ deploymentId: 7, processGuid: guid, agentGroup: { id: 2, displayName: null } }],
    }).data;
    expect(wire === undefined ? null : toDeployment(wire)).toMatchObject({
      id: '7',
      nativeIds: { deploymentId: '7' },
      version: null,
      target: { id: '2', name: '2', kind: 'agent_group' },
      triggersActive: null,
    });
  });
});
