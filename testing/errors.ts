/** A test drives its pipeline in a way that makes no sense, or the pipeline has stopped. */
export class DriveError extends Error {
  override readonly name = 'DriveError';
}
