const { relative } = require('node:path');

const SHOWN = 10;

/**
 * Reporter of jest: says at the end of a run which test files took longest, and how long all took one after the other.
 */
module.exports = class SlowestFiles {
  onRunComplete(_contexts, { testResults }) {
    if (testResults.length < 2) return;
    const files = testResults.map(({ testFilePath, perfStats }) => ({ name: relative(process.cwd(), testFilePath), seconds: perfStats.runtime / 1_000 }));
    files.sort((one, other) => other.seconds - one.seconds);
    const sum = files.reduce((total, { seconds }) => total + seconds, 0);
    const lines = files.slice(0, SHOWN).map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}`);
    process.stderr.write(`\nSlowest of ${files.length} test files, ${sum.toFixed(0)} s together:\n${lines.join('\n')}\n`);
  }
};
