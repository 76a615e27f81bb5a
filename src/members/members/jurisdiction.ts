import { z } from 'zod';

/** ISO 3166-1, alpha-2: what is assigned to a country. */
const COUNTRIES: ReadonlySet<string> = new Set(
  [
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ',
    'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR',
    'GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP',
    'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT',
    'MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW',
    'SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ',
    'UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW',
  ].flatMap((line) => line.split(' ')),
);

/** ISO 3166-2 of the United States: their law differs by state. */
const PARTS_OF_US: ReadonlySet<string> = new Set(
  [
    'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA',
    'RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR UM VI',
  ].flatMap((line) => line.split(' ')),
);

/** Whose law protects a member's data, as it is written: whether there is such a place, wrongJurisdiction says. */
export const jurisdictionSchema = z
  .string()
  .regex(
    /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/,
    'Write an ISO 3166-1 country code in capitals, such as "AT", or the ISO 3166-2 code of a part of a country, such as "US-CA".',
  );

/**
 * What is wrong with a jurisdiction that is written as it should be; null: nothing. Parts of countries but the United
 * States are taken as they come: no law that is known here differs by them.
 */
export function wrongJurisdiction(code: string): string | null {
  const [country = '', part] = code.split('-');
  if (country === 'UK') return 'ISO 3166-1 says "GB" for the United Kingdom, not "UK".';
  if (!COUNTRIES.has(country)) return `ISO 3166-1 has no country "${country}".`;
  if (country === 'US' && part !== undefined && !PARTS_OF_US.has(part)) return `ISO 3166-2 has no part "${part}" of the United States.`;
  return null;
}
