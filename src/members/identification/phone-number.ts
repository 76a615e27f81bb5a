import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';

/**
 * A phone number as E.164 has it, such as "+436641234567", however it was spelled: with "+43", "0043" or "(0)". Where
 * `country` (ISO 3166-1) is given, also as it is dialled there. null: no number could have this length, it has an
 * extension, or its country is unknown. Whether anybody has the number is not asked.
 */
export function internationalNumber(text: string, country: string | null): string | null {
  const bare = text.trim();
  return possible(bare, country) ?? (bare.startsWith('00') ? possible(`+${bare.slice(2)}`, null) : null);
}

function possible(text: string, country: string | null): string | null {
  const defaultCountry: CountryCode | undefined = country !== null && isSupportedCountry(country) ? country : undefined;
  const number = parsePhoneNumberFromString(text, { defaultCountry, extract: false });
  return number?.isPossible() && !number.ext ? number.number : null;
}
