/**
 * Exact decimals as scaled bigints: parse("12.345", 6) is 12345000n. Used for money (6 decimals) and quantities (3
 * decimals).
 */

/** The scaled integer of a decimal string, or null when it is not a plain decimal or has more than `scale` decimals. */
export function parseDecimal(text: string, scale: number): bigint | null {
  const match = /^(-)?(\d{1,18})(?:\.(\d{1,18}))?$/.exec(text);
  if (!match) return null;
  const fraction = match[3] ?? '';
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale))) return null;
  const scaled = BigInt(match[2] + fraction.slice(0, scale).padEnd(scale, '0'));
  return match[1] ? -scaled : scaled;
}

/** The canonical decimal string of a scaled integer, with exactly `scale` decimals ("12.345000" at scale 6). */
export function formatDecimal(scaled: bigint, scale: number): string {
  const negative = scaled < 0n;
  const digits = (negative ? -scaled : scaled).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}
