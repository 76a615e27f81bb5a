import { buildTesseraSchema } from '../../../src/api/server/build-schema';
import type { App } from '../../../src/app';
import { reopenPointsApi } from '../../support/points-api';
import { createKeptDatabase } from '../../support/test-database';
import { type Prepared, prepareProbes } from './attack';
import { PROBES } from './probes';
import { countStarts, startsCounted } from './probes/probe';
import { rootFields } from './schema-walk';
import { actorWith, type Furniture, type Side } from './side';
import { toolsOf } from './side-tools';
import { openTwoBrands, type TwoBrands, withoutLimits } from './two-brands';

/** What is told of the two brands from one test file to another: values, and actors that get a token in each app. */
interface Kept extends Pick<TwoBrands, 'operator'> {
  readonly coalition: TwoBrands['points']['coalition'];
  readonly sides: readonly [Furniture, Furniture];
  readonly prepared: Readonly<Record<string, Pick<Prepared, 'ofA' | 'ofB'>>>;
  readonly starts: number;
}

/** Numbers of what a file makes for its sides begin above those of what was kept. */
const NUMBERED_BEFORE = 1_000;

/**
 * The two brands, and what every probe needs at both. They are made once in a run of all tests: each file has a clone.
 */
export async function openKeptBrands(): Promise<{ world: TwoBrands; prepared: Prepared[] }> {
  const { database, told } = await createKeptDatabase('two_brands', async (made) => {
    const world = await openTwoBrands({ database: made });
    const prepared = await prepareProbes(world);
    await world.close();
    return write({
      operator: world.operator,
      coalition: world.points.coalition,
      sides: [world.a, world.b],
      prepared: Object.fromEntries(prepared.map(({ root, ofA, ofB }) => [root.name, { ofA, ofB }])),
      starts: startsCounted(),
    });
  });
  const { coalition } = JSON.parse(told);
  const points = await reopenPointsApi(coalition, withoutLimits({ database }));
  const kept = read(points.test.app, told);
  countStarts(kept.starts);
  const [a, b] = kept.sides.map((side): Side => ({ ...side, ...toolsOf(points, kept.operator, side, NUMBERED_BEFORE) }));
  const world: TwoBrands = {
    points,
    schema: buildTesseraSchema(),
    operator: kept.operator,
    a,
    b,
    async close() {
      await points.close();
      await database.drop();
    },
  };
  const prepared = rootFields(world.schema).flatMap((root) => (PROBES[root.name] ? [{ root, probe: PROBES[root.name], ...kept.prepared[root.name] }] : []));
  return { world, prepared: prepared as Prepared[] };
}

const write = (kept: Kept) => JSON.stringify(kept, (_name, value) => (value instanceof Set ? { $set: [...value] } : value));

function read(app: App, told: string): Kept {
  return JSON.parse(told, (_name, value) => {
    if (value?.$set) return new Set(value.$set);
    return value?.login ? actorWith(app, value.name, value.principal, value.login) : value;
  });
}
