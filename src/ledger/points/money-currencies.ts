import { InvalidInput } from '../../platform/refusal';
import { type Day, dayFromIso } from './calendar';

/** ISO 4217 codes of money in force, by decimals of their minor unit. Metals and funds without one are left out. */
const CODES_BY_DECIMALS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW ' +
    'CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ' +
    'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK ' +
    'MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP ' +
    'SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG ' +
    'YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/**
 * Codes that were withdrawn since 1998: decimals of the minor unit, and the first day on which nothing could be paid in
 * them.
 */
const WITHDRAWN: Readonly<Record<string, readonly [decimals: number, from: string]>> = {
  ADP: [0, '2003-07-01'],
  AFA: [2, '2003-01-01'],
  ANG: [2, '2025-07-01'],
  AON: [2, '2000-02-01'],
  AOR: [2, '2000-02-01'],
  ATS: [2, '2002-03-01'],
  AYM: [2, '2005-10-01'],
  AZM: [2, '2006-01-01'],
  BAD: [2, '1998-07-01'],
  BEF: [0, '2002-03-01'],
  BGL: [2, '2003-11-01'],
  BGN: [2, '2026-01-01'],
  BYB: [0, '2001-01-01'],
  BYR: [0, '2017-01-01'],
  CHC: [2, '2004-11-01'],
  CSD: [2, '2006-10-01'],
  CUC: [2, '2021-07-01'],
  CYP: [2, '2008-01-01'],
  DEM: [2, '2002-03-01'],
  ECS: [0, '2000-09-01'],
  ECV: [2, '2000-09-01'],
  EEK: [2, '2011-01-01'],
  ESP: [0, '2002-03-01'],
  FIM: [2, '2002-03-01'],
  FRF: [2, '2002-03-01'],
  GHC: [2, '2008-01-01'],
  GHP: [2, '2007-07-01'],
  GRD: [0, '2002-03-01'],
  HRK: [2, '2023-01-01'],
  IEP: [2, '2002-03-01'],
  ITL: [0, '2002-03-01'],
  LTL: [2, '2015-01-01'],
  LUF: [0, '2002-03-01'],
  LVL: [2, '2014-01-01'],
  MGF: [0, '2005-01-01'],
  MRO: [2, '2018-01-01'],
  MTL: [2, '2008-01-01'],
  MZM: [2, '2006-07-01'],
  NLG: [2, '2002-03-01'],
  PTE: [0, '2002-03-01'],
  ROL: [2, '2005-07-01'],
  RUR: [2, '2004-01-01'],
  SDD: [2, '2007-07-01'],
  SDP: [2, '1998-07-01'],
  SIT: [2, '2007-01-01'],
  SKK: [2, '2009-01-01'],
  SLL: [2, '2024-04-01'],
  SRG: [2, '2004-01-01'],
  STD: [2, '2018-01-01'],
  TJR: [0, '2001-04-01'],
  TMM: [2, '2009-01-01'],
  TPE: [0, '2002-11-01'],
  TRL: [0, '2006-01-01'],
  USS: [2, '2014-04-01'],
  VEB: [2, '2008-01-01'],
  VEF: [2, '2018-08-20'],
  YUM: [2, '2003-07-01'],
  ZMK: [2, '2013-01-01'],
  ZRN: [2, '1999-06-01'],
  ZWD: [2, '2008-08-01'],
  ZWL: [2, '2024-09-01'],
  ZWN: [2, '2006-09-01'],
  ZWR: [2, '2009-06-01'],
};

const decimalsByCode = new Map(
  Object.entries(CODES_BY_DECIMALS).flatMap(([decimals, codes]) => codes.split(' ').map((code) => [code, Number(decimals)] as const)),
);

/**
 * Decimals of a currency's minor unit (EUR 2, JPY 0, KWD 3), also of a withdrawn one. Null for what is no ISO 4217 code
 * of money.
 */
export function minorUnitDecimals(code: string): number | null {
  return decimalsByCode.get(code) ?? withdrawalOf(code)?.[0] ?? null;
}

/** Whether something can be paid in it from now on: a code of ISO 4217 that has a minor unit and was not withdrawn. */
export function isMoneyInForce(code: string): boolean {
  return decimalsByCode.has(code);
}

/** The code; throws InvalidInput naming `field` for what is no money, or was none any more on that local day. */
export function requireMoney(code: string, day: Day, field: string): string {
  if (isMoneyOn(code, day)) return code;
  const withdrawn = withdrawalOf(code);
  if (!withdrawn) throw new InvalidInput(field, `${code} is no ISO 4217 code of a money with a minor unit.`);
  throw new InvalidInput(field, `${code} was withdrawn on ${withdrawn[1]}: it is good for what happened before.`);
}

/** Whether something could be paid in it on that local day. */
export function isMoneyOn(code: string, day: Day): boolean {
  const withdrawn = withdrawalOf(code);
  return decimalsByCode.has(code) || (withdrawn !== undefined && day < dayFromIso(withdrawn[1]));
}

/** Of the code's own entry: 'constructor' is no code, though every object has one. */
function withdrawalOf(code: string) {
  return Object.hasOwn(WITHDRAWN, code) ? WITHDRAWN[code] : undefined;
}
