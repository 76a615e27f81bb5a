import { itemAt } from '../../../../platform/one-of';
import { dayFromIso } from '../../../points/calendar';
import type { AlongsideRow, AlongsideTable, ColumnType } from '../../alongside';
import type { ElementType } from './binary-array';
import type { Column, Statement } from './statement';

const statements = new WeakMap<AlongsideTable, Statement<AlongsideRow>>();

/** The statement that writes rows of other modules into their table; made once a table. */
export function insertInto(table: AlongsideTable): Statement<AlongsideRow> {
  let statement = statements.get(table);
  if (!statement) statements.set(table, (statement = make(table)));
  return statement;
}

function make(table: AlongsideTable): Statement<AlongsideRow> {
  const columns = Object.entries(table.columns) as [string, ColumnType][];
  const names = columns.map(([name]) => name).join(', ');
  // Exact decimals travel as text: their binary form would have to be worked out digit by digit.
  const values = columns.map(([, type], at) => `unnest($${at + 1}::${elementType(type)}[])${type === 'numeric' ? '::numeric' : ''}`).join(', ');
  return {
    name: `insert-${table.name}`,
    text: `INSERT INTO ${table.name} (${names}) SELECT ${values}`,
    types: columns.map(([, type]) => elementType(type)),
    put(arrays, { values }) {
      let at = 0;
      for (const [name, type] of columns) putValue(itemAt(arrays, at++), type, values[name] as never);
    },
  };
}

function elementType(type: ColumnType): ElementType {
  return type === 'numeric' ? 'text' : type;
}

function putValue(array: Column, type: ColumnType, value: never): void {
  switch (type) {
    case 'date':
      return array.date(value === null ? null : dayFromIso(value));
    case 'numeric':
      return array.text(value);
    default:
      return array[type](value);
  }
}
