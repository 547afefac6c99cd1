// A configuration of its own: `npm test` needs no Concord and does not look into this folder.
import config from '../../jest.config.js';

const [unit] = config.projects;

export default {
  maxWorkers: 2,
  projects: [
    {
      ...unit,
      displayName: 'concord',
      testMatch: ['<rootDir>/test/concord/**/*.spec.ts'],
      globalSetup: '<rootDir>/test/concord/setup.js',
      globalTeardown: '<rootDir>/test/concord/teardown.js',
    },
  ],
};
