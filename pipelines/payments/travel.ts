import { distanceKm, type Place } from './distance.ts';

const TRAIN_KMH = 250;
const PLANE_KMH = 900;
/** From the gate to the runway, and from there to a taxi. */
const AIRPORT_HOURS = 0.75;

/** Least hours from one place to another, by train or by plane. */
export function hoursNeeded(from: Place, to: Place): number {
  const km = distanceKm(from, to);
  return Math.min(km / TRAIN_KMH, km / PLANE_KMH + AIRPORT_HOURS);
}
