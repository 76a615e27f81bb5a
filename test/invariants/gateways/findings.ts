import { faultsInBooks } from '../book-checks';
import { type GatewayTown } from './gateway-town';

/**
 * What is wrong once all clients have their answers: an answer that is not in the books or differs from them, a posting
 * that nobody was told of, books that do not add up, an answer that changes when its request is sent again. Nothing
 * when all is well.
 */
export async function findingsAtRest(town: GatewayTown, urlOf: (attempt: number) => string, repeats: number): Promise<string[]> {
  const told = await town.faults();
  const verified = await town.verified();
  const books = await faultsInBooks(town.points.test.database.owner);
  // Last: where requests are booked again, this does it.
  const again = await town.repeat(urlOf, repeats);
  return [
    ...told.map((fault) => `told: ${fault}`),
    ...verified.map((fault) => `verify: ${fault}`),
    ...books.map((fault) => `books: ${fault}`),
    ...again.slice(0, 10).map(({ errand, thing }) => `again: ${errand.mutation} ${errand.key} was answered otherwise: ${JSON.stringify(thing)}`),
  ];
}
