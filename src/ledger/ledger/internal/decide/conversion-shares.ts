/**
 * How much of what is received falls to each of the amounts given, soonest to expire first. Shares are cumulative and
 * rounded up. So what outlives any day is never more than the rate gives for what outlived it before: no rounding makes
 * a point younger. They add up to what is received.
 */
export function conversionShares(amounts: readonly number[], received: number): number[] {
  const given = amounts.reduce((sum, amount) => sum + BigInt(amount), 0n);
  let [givenSoFar, receivedSoFar] = [0n, 0n];
  return amounts.map((amount) => {
    givenSoFar += BigInt(amount);
    const upTo = (givenSoFar * BigInt(received) + given - 1n) / given;
    const share = upTo - receivedSoFar;
    receivedSoFar = upTo;
    return Number(share);
  });
}
