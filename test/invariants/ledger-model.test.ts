import fc from 'fast-check';
import { decide } from '../../src/ledger/internal/decide';
import { compareWithModel, memoryTarget } from './model-run';
import { commandsOf } from './random-asks';
import { runs, SEED } from './run-settings';

it(`the pure decision agrees with the model (TESSERA_SEED=${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(commandsOf(40), (commands) => compareWithModel(memoryTarget(decide), commands, 'each batch')),
    runs(400, 20_000),
  );
});
