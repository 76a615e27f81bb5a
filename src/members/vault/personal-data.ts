import { VAULT_CATEGORIES, type VaultCategory } from './categories';

export interface PersonalData {
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  /** 'YYYY-MM-DD'. */
  readonly birthDate: string | null;
  /** BCP 47. */
  readonly language: string | null;
}

const FIELDS: Readonly<Record<VaultCategory, readonly (keyof PersonalData)[]>> = {
  NAME: ['givenName', 'familyName'],
  CONTACT: ['email', 'phone'],
  BIRTH_DATE: ['birthDate'],
  LANGUAGE: ['language'],
};

const NOTHING: PersonalData = { givenName: null, familyName: null, email: null, phone: null, birthDate: null, language: null };

/** What of it belongs to a category, as JSON. */
export interface CategoryContent {
  readonly category: VaultCategory;
  readonly content: Buffer;
}

/** A category without a value has no content: whether there is a row tells no more than the row does. */
export function contentsOf(data: PersonalData): CategoryContent[] {
  return VAULT_CATEGORIES.flatMap((category) => {
    const told = FIELDS[category].filter((field) => data[field] !== null).map((field) => [field, data[field]] as const);
    return told.length === 0 ? [] : [{ category, content: Buffer.from(JSON.stringify(Object.fromEntries(told)), 'utf8') }];
  });
}

/** The personal data that these contents make up. */
export function dataOf(contents: readonly CategoryContent[]): PersonalData {
  return Object.assign({}, NOTHING, ...contents.map(({ content }): Partial<PersonalData> => JSON.parse(content.toString('utf8'))));
}
