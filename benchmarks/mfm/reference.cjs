// Times the reference parser on the notes given as JSON on standard input's first line.
// For each further line it goes through them once and answers the microseconds per note.

const readline = require('node:readline');
const mfm = require(process.env.MFM_JS || 'mfm-js');

let notes;
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (notes === undefined) {
    notes = JSON.parse(line);
    return;
  }
  const begin = process.hrtime.bigint();
  for (const note of notes) mfm.parse(note);
  const spent = Number(process.hrtime.bigint() - begin) / 1000;
  process.stdout.write(spent / notes.length + '\n');
});
