/** TypeScript runs natively (type stripping), so no transformer. */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  setupFilesAfterEnv: ['aws-cdk-lib/testhelpers/jest-autoclean'],
  testTimeout: 30_000,
  maxWorkers: 2, // by itself Jest leaves one of two cores idle
};
