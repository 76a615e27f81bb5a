/** Decimals of currencies that have other than two (ISO 4217). Kept here, since what Intl says differs between machines. */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'].map((code) => [code, 0])),
  ...Object.fromEntries(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3])),
  ...Object.fromEntries(['CLF', 'UYW'].map((code) => [code, 4])),
};

/** How many micro-units one minor unit of a currency is: 10,000 for a cent, 1,000,000 for a yen. */
export function microsPerMinorUnit(currency: string): bigint {
  return 10n ** BigInt(6 - (DECIMALS[currency] ?? 2));
}
