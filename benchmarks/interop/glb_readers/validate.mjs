// What Khronos' validator says of GLB files: node validate.mjs FILE.glb...
// Needs gltf-validator (2.0.0-dev.3.10) in node_modules of the working folder.
import { createRequire } from 'module';
import { readFileSync } from 'fs';
import { join } from 'path';

// Modules are looked up from the working folder, not from where this script lies.
const validator = createRequire(join(process.cwd(), 'any.js'))('gltf-validator');
let bad = 0;
for (const path of process.argv.slice(2)) {
  const { issues } = await validator.validateBytes(new Uint8Array(readFileSync(path)));
  console.log(
    `gltf-validator ${validator.version()}: ${issues.numErrors} errors, ${issues.numWarnings} warnings, ` +
    `${issues.numInfos} infos, ${issues.numHints} hints`);
  for (const message of issues.messages.slice(0, 20)) console.log(`  ${message.code} ${message.pointer}: ${message.message}`);
  bad += issues.numErrors + issues.numWarnings;
}
process.exit(bad ? 1 : 0);
