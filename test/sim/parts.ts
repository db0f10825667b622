import type { Plan } from '../../core/pipeline/plan.ts';
import type { Faults } from './faults.ts';
import { Fleet } from './fleet.ts';
import { Inspector } from './inspector.ts';
import { Mapping } from './mapping.ts';
import { hasHop, programsOf } from './plan.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { Services } from './services.ts';
import { BEHIND, EVENTS, SimStream } from './stream.ts';
import { HORIZON_MINUTES } from './workload.ts';
import type { World } from './world.ts';

/** A part of the pipeline with all it runs on: the stream it reads, its function and its mapping. */
export interface Part {
  /** Rekeys before it. */
  readonly hop: number;
  readonly stream: SimStream;
  readonly fleet: Fleet;
  readonly mapping: Mapping;
  readonly inspector: Inspector;
}

/** The streams of the scenario's parts. */
export function streamsOf(
  { kind, shards, shardsBehind, retentionMs }: Scenario,
  world: World,
  random: Random,
): readonly SimStream[] {
  const events = new SimStream(EVENTS, world, random.fork('stream'), shards, retentionMs);
  if (!hasHop(kind)) return [events];
  return [events, new SimStream(BEHIND, world, random.fork(BEHIND), shardsBehind)];
}

export function partOn(
  stream: SimStream,
  hop: number,
  scenario: Scenario,
  services: Services,
  faults: Faults,
  world: World,
  random: Random,
): Part {
  const named = (name: string) => random.fork(hop === 0 ? name : `${name} ${hop}`);
  const fleet = new Fleet(world, faults, named('fleet'), scenario, hop);
  const mapping = new Mapping(world, stream, fleet, faults, named('mapping'));
  return {
    hop,
    stream,
    fleet,
    mapping,
    inspector: inspectorOf(stream, hop, scenario, services, world, named('inspector')),
  };
}

export function inspectorOf(
  stream: SimStream,
  hop: number,
  { kind }: Scenario,
  services: Services,
  world: World,
  random: Random,
): Inspector {
  const [program] = programsOf(kind, 0, HORIZON_MINUTES).slice(hop);
  return new Inspector(services, stream, program?.plan as Plan, world, random);
}
