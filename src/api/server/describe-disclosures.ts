import { isInterfaceType, isObjectType } from 'graphql';
import type { Disclosure } from '../../platform/disclosure';
import { disclosureMap } from '../graphql/disclosure-map';
import { buildTesseraSchema } from './build-schema';

const HEAD = `# What brands are told of members

Written by \`npm run generate\`, from what stands beside each type (\`src/api/graphql/discloses.ts\`). A brand is told what
is its own and what the programme needs. For a purpose it gets a category, such as WALLET, and until then null or an
empty list. The member with a login gets all of it. Fields that are not listed are no facts about a member.

| type | its own | programme | for a purpose | never |
|---|---|---|---|---|
`;

/** schema/disclosure.md: who gets each field that is a fact about a member. */
export function describeDisclosures(): string {
  const schema = buildTesseraSchema();
  const map = disclosureMap(schema);
  const rows: string[] = [];
  for (const type of Object.values(schema.getTypeMap()).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!(isObjectType(type) || isInterfaceType(type))) continue;
    const shared = new Set(type.getInterfaces().flatMap((each) => Object.keys(each.getFields())));
    const columns: Record<'own' | 'programme' | 'purpose' | 'never', string[]> = { own: [], programme: [], purpose: [], never: [] };
    for (const field of Object.keys(type.getFields()).sort()) {
      const disclosure = shared.has(field) ? 'NOBODY' : (map.get(`${type.name}.${field}`) ?? 'NOBODY');
      if (disclosure === 'NOBODY') continue;
      const column = columnOf(disclosure);
      columns[column].push(column === 'purpose' ? `${field} (${disclosure})` : field);
    }
    const told = Object.values(columns).map((fields) => fields.join(', '));
    if (told.some((fields) => fields !== '')) rows.push(`| ${[type.name, ...told].join(' | ')} |\n`);
  }
  return HEAD + rows.join('');
}

function columnOf(disclosure: Exclude<Disclosure, 'NOBODY'>): 'own' | 'programme' | 'purpose' | 'never' {
  if (disclosure === 'OWN') return 'own';
  if (disclosure === 'PROGRAMME') return 'programme';
  return disclosure === 'MEMBER' ? 'never' : 'purpose';
}
