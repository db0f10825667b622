/** TypeScript runs natively (type stripping), so no transformer. */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  setupFilesAfterEnv: ['aws-cdk-lib/testhelpers/jest-autoclean'],
  testTimeout: 30_000,
  maxWorkers: 3, // on two cores: tests of whole stacks wait a good part of their time
};
