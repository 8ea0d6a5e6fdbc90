// Answers what the reference parser makes of a text: one JSON line in, one out.
//
//   in   {"text": "…", "simple": false, "limit": 20}
//   out  the tree, as mfm-js gives it
//
// Set MFM_JS to the folder of the installed npm package mfm-js@0.25.0.

const readline = require('node:readline');
const mfm = require(process.env.MFM_JS || 'mfm-js');

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => {
  const { text, simple, limit } = JSON.parse(line);
  const tree = simple ? mfm.parseSimple(text) : mfm.parse(text, { nestLimit: limit });
  process.stdout.write(JSON.stringify(tree) + '\n');
});
