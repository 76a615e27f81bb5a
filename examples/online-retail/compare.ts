/** Facts of a replay as plain numbers, nested by name. */
export type Figures = { readonly [name: string]: number | Figures };

/** Every number in which the two differ, by its path; a number that is missing counts as 0. */
export function differences(expected: Figures, found: Figures, path: readonly string[] = []): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names.flatMap((name) => {
    const [wanted, got] = [expected[name] ?? 0, found[name] ?? 0];
    const at = [...path, name];
    if (typeof wanted === 'object' || typeof got === 'object') return differences(asGroup(wanted), asGroup(got), at);
    return wanted === got ? [] : [`${at.join(' / ')}: expected ${wanted}, found ${got}`];
  });
}

/** How many numbers a comparison looks at. */
export function countFigures(figures: Figures): number {
  return Object.values(figures).reduce((sum: number, value) => sum + (typeof value === 'object' ? countFigures(value) : 1), 0);
}

function asGroup(value: number | Figures): Figures {
  return typeof value === 'object' ? value : {};
}
