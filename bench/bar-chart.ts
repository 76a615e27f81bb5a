import type { Bar } from './suite';

const WIDTH = 760;
const LABEL = 330;
const ROW = 24;
const HEAD = 34;

/** Horizontal bars, a group a report; the longest of a group fills the width. Readable on light and dark grounds. */
export function barChart(groups: readonly { readonly title: string; readonly bars: readonly Bar[] }[]): string {
  const drawn: string[] = [];
  let y = 0;
  for (const { title, bars } of groups.filter((group) => group.bars.length > 0)) {
    drawn.push(`<text x="0" y="${y + 22}" font-weight="600">${escapeXml(title)}</text>`);
    y += HEAD;
    const longest = Math.max(...bars.map((bar) => bar.value));
    for (const { label, value, unit } of bars) {
      const width = Math.max(1, Math.round((value / longest) * (WIDTH - LABEL - 120)));
      drawn.push(
        `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${escapeXml(label)}</text>`,
        `<rect x="${LABEL}" y="${y + 3}" width="${width}" height="${ROW - 8}" rx="2" fill="#3b7dd8"/>`,
        `<text x="${LABEL + width + 6}" y="${y + 15}">${Math.round(value).toLocaleString('en-US')} ${escapeXml(unit)}</text>`,
      );
      y += ROW;
    }
    y += 10;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="12" fill="#808890">
${drawn.join('\n')}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
