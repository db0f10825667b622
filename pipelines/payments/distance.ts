/** A place on Earth, in degrees. */
export interface Place {
  readonly lat: number;
  readonly lon: number;
}

const EARTH_RADIUS_KM = 6371;

/** Kilometres as the crow flies (https://en.wikipedia.org/wiki/Haversine_formula). */
export function distanceKm(from: Place, to: Place): number {
  const haversine = (degrees: number) => Math.sin((degrees * Math.PI) / 360) ** 2;
  const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);
  const half = haversine(to.lat - from.lat) + cosine(from.lat) * cosine(to.lat) * haversine(to.lon - from.lon);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}
