// Skinned vertices of a GLB file as three.js sees them: node read_three.mjs FILE.glb QUESTION.json > answer.json
// QUESTION.json holds `moments` in seconds and `every`, the step through the vertices. Needs three (0.187) in
// node_modules of the working folder.
import { createRequire } from 'module';
import { readFileSync } from 'fs';
import { dirname, join } from 'path';
import { pathToFileURL } from 'url';

// Modules are looked up from the working folder, not from where this script lies.
const { resolve } = createRequire(join(process.cwd(), 'any.js'));
const THREE = await import(pathToFileURL(join(dirname(resolve('three')), 'three.module.js')));
// What the loader expects of a browser.
globalThis.self ??= globalThis;
globalThis.ProgressEvent ??= class {};
const { GLTFLoader } = await import(pathToFileURL(resolve('three/addons/loaders/GLTFLoader.js')));

const file = readFileSync(process.argv[2]);
const { moments, every } = JSON.parse(readFileSync(process.argv[3], 'utf8'));
const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
const gltf = await new GLTFLoader().parseAsync(bytes, '');
const mixer = new THREE.AnimationMixer(gltf.scene);
const action = mixer.clipAction(gltf.animations[0]).setLoop(THREE.LoopOnce).play();
action.clampWhenFinished = true;

const meshes = [];
gltf.scene.traverse(thing => { if (thing.isSkinnedMesh) meshes.push(thing); });
const vertices = Object.fromEntries(meshes.map(mesh => [mesh.name, []]));
const place = new THREE.Vector3();
for (const moment of moments) {
  mixer.setTime(moment);
  gltf.scene.updateMatrixWorld(true);
  for (const mesh of meshes) {
    mesh.skeleton.update();
    const seen = [];
    for (let index = 0; index < mesh.geometry.attributes.position.count; index += every)
      seen.push(mesh.getVertexPosition(index, place).applyMatrix4(mesh.matrixWorld).toArray());
    vertices[mesh.name].push(seen);
  }
}
console.log(JSON.stringify({ reader: `three.js r${THREE.REVISION}`, vertices }));
