import { swcOptions } from './test/support/swc.js';

const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch,
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/prove-exchanges.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { sourceMaps: 'inline', ...swcOptions }],
  },
  ...extra,
});

const withRedis = {
  globalSetup: '<rootDir>/test/support/redis-setup.ts',
  globalTeardown: '<rootDir>/test/support/redis-teardown.ts',
};

export default {
  workerIdleMemoryLimit: '1GB',
  testTimeout: 20_000,
  maxWorkers: 2,
  projects: [
    project('unit', ['<rootDir>/src/**/*.spec.ts']),
    project('conformance', ['<rootDir>/test/conformance/**/*.spec.ts']),
    project('integration', ['<rootDir>/test/integration/**/*.spec.ts'], withRedis),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts'], withRedis),
  ],
};
