import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { barChart } from './bar-chart';
import type { Ratio, Report, Table } from './suite';

/** From the repository's root, where npm runs us. */
const DIRECTORY = join('bench', 'results');

/**
 * Writes results.json, results.md and results.svg, or results-part.* when not all suites ran. Answers with the
 * Markdown.
 */
export function writeResults(reports: readonly Report[], run: { readonly serverVersion: string; readonly long: boolean; readonly whole: boolean }): string {
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    postgresql: run.serverVersion,
    durable: 'fsync on, synchronous_commit on',
  };
  const name = run.whole ? 'results' : 'results-part';
  const at = new Date().toISOString();
  const markdown = [
    `# Measured`,
    '',
    `${at.slice(0, 10)}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, PostgreSQL ${machine.postgresql}; ${machine.durable}; callers, gateway and server share the machine${run.long ? '' : '; short version'}.`,
    `Made by \`npm run bench${run.long ? ' -- --long' : ''}\`. Ratios are between things measured in turn in this one run.`,
    '',
    `![rates](${name}.svg)`,
    '',
    ...reports.flatMap((report) => [
      `## ${report.title}`,
      '',
      report.about,
      '',
      ...report.tables.flatMap((table) => [...markdownTable(table), '']),
      ...(report.ratios.length > 0 ? [...markdownTable(ratioTable(report.ratios)), ''] : []),
    ]),
  ].join('\n');
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(join(DIRECTORY, `${name}.json`), `${JSON.stringify({ at, long: run.long, machine, reports }, null, 2)}\n`);
  writeFileSync(join(DIRECTORY, `${name}.md`), markdown);
  writeFileSync(join(DIRECTORY, `${name}.svg`), barChart(reports.map(({ title, bars }) => ({ title, bars }))));
  return markdown;
}

function ratioTable(ratios: readonly Ratio[]): Table {
  return {
    columns: ['ratio', 'measured', 'target'],
    rows: ratios.map(({ what, value, target }) => {
      const met = 'least' in target ? value >= target.least : value <= target.most;
      return [what, value.toFixed(2), `${'least' in target ? `>= ${target.least}` : `<= ${target.most}`} ${met ? '(met)' : '(missed)'}`];
    }),
  };
}

function markdownTable({ columns, rows }: Table): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(formatCell).join(' | ')} |`;
  return [line(columns), `|${columns.map((_, at) => (at === 0 ? '---' : '---:')).join('|')}|`, ...rows.map(line)];
}

function formatCell(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  return cell >= 100 ? Math.round(cell).toLocaleString('en-US') : cell.toFixed(cell >= 10 ? 1 : 2);
}
