// Any folder but the kit that the sandboxes share, so that the rules hold for a platform that is added.
const vendors = '(?!kit/)[^/]+';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-stands-alone',
      comment: 'The vocabulary and the adapter contract import nothing outside themselves.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { pathNot: '^(src/domain/|node:)', dependencyTypesNot: ['core'] },
    },
    {
      name: 'timing-stands-alone',
      comment: 'How long something is waited for does not depend on what it is.',
      severity: 'error',
      from: { path: '^src/timing/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/timing/' },
    },
    {
      name: 'platforms-do-not-know-each-other',
      severity: 'error',
      from: { path: `^src/(platforms|sandbox)/(${vendors})/` },
      to: {
        path: `^src/(platforms|sandbox)/(${vendors})/`,
        pathNot: '^src/(platforms|sandbox)/$2/',
      },
    },
    {
      name: 'platforms-are-reached-through-their-list',
      comment:
        'Everything else works from the contract, so a fifth platform is one folder and one line.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(platforms|sandbox)/|\\.(spec|testing)\\.ts$' },
      to: { path: `^src/platforms/(${vendors})/` },
    },
    {
      name: 'platforms-stay-below',
      comment:
        'An adapter knows the domain, the way to upstreams and how long it may take, not routes, lists, queues or Redis.',
      severity: 'error',
      from: { path: `^src/platforms/(${vendors})/`, pathNot: '\\.(spec|testing)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(domain|upstream|platforms|config|timing)/' },
    },
    {
      name: 'sandboxes-stand-alone',
      comment: 'A stand-in that shared code with the adapter would share its mistakes.',
      severity: 'error',
      from: { path: '^src/sandbox/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(sandbox/|config/)' },
    },
    {
      name: 'config-stands-below',
      comment: 'Whoever reads a configuration says for which platforms.',
      severity: 'error',
      from: { path: '^src/config/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(config|domain)/' },
    },
    {
      name: 'connections-stand-below-what-they-have',
      severity: 'error',
      from: { path: '^src/connections/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { path: '^src/(processes|runs|operations|changes|imports|exports|promotions|events)/' },
    },
    {
      name: 'runs-and-operations-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/(runs|operations)/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { path: '^src/(runs|operations)/', pathNot: '^src/$1/' },
    },
    {
      name: 'processors-run-in-the-worker',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '\\.processor\\.ts$', reachable: true },
    },
    {
      name: 'src-never-imports-test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'only-specs-import-what-is-for-them',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { path: '\\.(spec|testing)\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'no-development-packages-in-src',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(spec|testing)\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
