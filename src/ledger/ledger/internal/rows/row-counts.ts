/** Throws unless a statement affected the rows that were decided: then the batch is aborted before COMMIT is sent. */
export function requireRowCount(name: string, affected: number, decided: number): void {
  if (affected !== decided) throw new Error(`${name} affected ${affected} rows where ${decided} were decided`);
}
