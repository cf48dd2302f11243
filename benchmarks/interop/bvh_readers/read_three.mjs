// Joint positions of a BVH file as three.js sees them: node read_three.mjs FILE.bvh > places.json
// Needs three (0.187) in node_modules of the working folder.
import { createRequire } from 'module';
import { readFileSync } from 'fs';
import { dirname, join } from 'path';
import { pathToFileURL } from 'url';

// Modules are looked up from the working folder, not from where this script lies.
const { resolve } = createRequire(join(process.cwd(), 'any.js'));
const build = dirname(resolve('three'));
const THREE = await import(pathToFileURL(join(build, 'three.module.js')));
const { BVHLoader } = await import(pathToFileURL(resolve('three/addons/loaders/BVHLoader.js')));

const text = readFileSync(process.argv[2], 'utf8');
const step = Number(text.match(/Frame Time:\s*(\S+)/)[1]);
const count = Number(text.match(/Frames:\s*(\d+)/)[1]);
const { skeleton, clip } = new BVHLoader().parse(text);
const root = skeleton.bones[0];
const mixer = new THREE.AnimationMixer(root);
mixer.clipAction(clip).setLoop(THREE.LoopOnce).play();
mixer.clipAction(clip).clampWhenFinished = true;

const named = skeleton.bones.map(bone => [bone.name === 'ENDSITE' ? `${bone.parent.name}*` : bone.name, bone]);
const places = Object.fromEntries(named.map(([name]) => [name, []]));
const place = new THREE.Vector3();
for (let frame = 0; frame < count; frame++) {
  mixer.setTime(frame * step);
  root.updateMatrixWorld(true);
  for (const [name, bone] of named) places[name].push(place.setFromMatrixPosition(bone.matrixWorld).toArray());
}
console.log(JSON.stringify({ reader: `three.js r${THREE.REVISION}`, frame_time: step, places }));
