/** A policy that cannot be decided here; the message says where it stands. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  constructor(place: string, message: string) {
    super(`${place}: ${message}`);
  }
}
