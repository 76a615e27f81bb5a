/** A list that is as long as another, with an item for each of that one's. */
export type OneEach<List extends readonly unknown[], Item> = { -readonly [Place in keyof List]: Item };

/** The one row that a statement is sure to give; throws in words where it gave none, or several. */
export function only<Item>(items: readonly Item[]): Item {
  const [first] = items;
  if (items.length !== 1 || first === undefined) throw new Error(`there are ${items.length} where there must be one`);
  return first;
}

/** The item at a place that is sure to be there, counted from 0; throws a RangeError where it is not. */
export function itemAt<Item>(items: readonly Item[], place: number): Item {
  const item = items[place];
  if (item === undefined) throw new RangeError(`there is no place ${place} among ${items.length}`);
  return item;
}
