import type { ValueTransformer } from 'typeorm';

/** For columns of type bigint: pg gives them as text, the application counts in bigint. Null stays null. */
export const bigintColumn: ValueTransformer = {
  from: (text: string | null) => (text === null ? null : BigInt(text)),
  to: (value: bigint | null | undefined) => (typeof value === 'bigint' ? value.toString() : value),
};
