/** Real embedded PostgreSQL, one for the whole run; every test file clones its own database from a migrated template. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Packages that are ESM only; jest cannot require them as they are.
  transformIgnorePatterns: ['/node_modules/(?!(jose)/)'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.data'],
  reporters: ['default', '<rootDir>/test/support/slowest-files.cjs'],
  testEnvironment: '<rootDir>/test/support/compile-once-environment.cjs',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  setupFiles: ['reflect-metadata', '<rootDir>/test/support/as-deployed.cjs'],
  // It ends what hangs, and judges nothing: whoever asserts how long something takes measures it. Longer than any test takes on a busy machine.
  testTimeout: 300_000,
  // Two cores are kept busy by three: each waits now and then, for the database or for a clock.
  maxWorkers: 3,
  workerIdleMemoryLimit: '1GB',
};
