// A configuration of its own: `npm test` kills nothing, and this takes as long as CRASH_COUNT says.
import config from '../../jest.config.js';

const [unit] = config.projects;

export default {
  maxWorkers: 1,
  projects: [{ ...unit, displayName: 'crash', testMatch: ['<rootDir>/test/crash/**/*.spec.ts'] }],
};
