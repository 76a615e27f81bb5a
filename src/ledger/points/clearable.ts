import { MAX_POINTS } from './amount';
import { applyFloor, ratio } from './ratio';

/** Most money transfers that one points event is cleared with. */
export const MOST_TRANSFERS = 1_000n;

/**
 * Most points (smallest units, `scale` decimals) that one money transfer can carry at `price` micro-units per whole
 * point.
 */
export function mostPerTransfer(price: bigint, scale: number): bigint {
  return price === 0n ? MAX_POINTS : applyFloor(ratio(10n ** BigInt(scale), price), MAX_POINTS);
}
