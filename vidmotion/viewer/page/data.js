// Reads what the page carries: a header as JSON, and blocks of bytes as base64. Texts of the header are only ever text.

const TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };
const LETTERS = "ABCDEF"; // of several motions

/** The bytes of a script element that holds base64. */
function bytesOf(id) {
  const text = document.getElementById(`data-${id}`).textContent.trim();
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function inflate(blob) {
  const stream = blob.stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** An array of the block: rows of numbers that are decoded when they are read. */
class Rows {
  constructor(buffer, found) {
    this.shape = found.shape;
    this.length = found.shape[0];
    this.width = found.shape.slice(1).reduce((a, b) => a * b, 1);
    this.raw = found.type === "d2" ? this.sumUp(buffer, found.at) : new TYPES[found.type](buffer, found.at, this.length * this.width);
    this.low = found.low;
    this.step = found.step;
  }

  /** Steps from their differences: column by column, the sign in the lowest bit, low bytes before high bytes. */
  sumUp(buffer, at) {
    const { length, width } = this, count = length * width;
    const low = new Uint8Array(buffer, at, count), high = new Uint8Array(buffer, at + count, count);
    const out = new Uint16Array(count);
    for (let column = 0, i = 0; column < width; column++) {
      for (let row = 0, sum = 0; row < length; row++, i++) {
        const stored = low[i] | high[i] << 8;
        sum += stored >>> 1 ^ -(stored & 1);
        out[row * width + column] = sum;
      }
    }
    return out;
  }

  /** Number `column` of a row; rows after the last one are the last one, so that one row may stand for all frames. */
  at(row, column = 0) {
    const value = this.raw[Math.min(row, this.length - 1) * this.width + column];
    if (!this.low) return value;
    const component = column % this.low.length;
    return this.low[component] + value * this.step[component];
  }

  /** The mean of a row. */
  mean(row) {
    let sum = 0;
    for (let column = 0; column < this.width; column++) sum += this.at(row, column);
    return sum / this.width;
  }

  /** All numbers, as floats. */
  floats() {
    const out = new Float32Array(this.length * this.width);
    for (let i = 0; i < out.length; i++) out[i] = this.at(Math.floor(i / this.width), i % this.width);
    return out;
  }
}

/** One person, with a row for each frame in which the person is there. */
class Person {
  constructor(entry, rows, frameCount, letter) {
    Object.assign(this, { id: entry.id, name: `${entry.id}${letter}`, take: entry.take, actions: entry.actions, entry });
    for (const name of ["frames", "observed", "xy", "score"]) this[name] = rows(entry[name]);
    this.contacts = entry.contacts && rows(entry.contacts);
    this.rowOf = new Int32Array(frameCount).fill(-1);
    this.frames.raw.forEach((frame, row) => { this.rowOf[frame] = row; });
    this.shown = true;
    if (entry.motion) this.readMotion(entry.motion, rows);
  }

  readBody(rows) {
    const { body } = this.entry;
    if (!body) return;
    this.body = { joints: body.joints, vertices: rows(body.vertices), pose: rows(body.pose), translation: rows(body.translation) };
  }

  readMotion(motion, rows) {
    const camera = motion.camera;
    this.motion = {
      ...motion, joints: rows(motion.joints), confidence: rows(motion.confidence),
      error: motion.error && rows(motion.error), // millimetres
      camera: {
        focal: rows(camera.focal), center: camera.center, rotation: rows(camera.rotation),
        translation: rows(camera.translation),
      },
    };
  }

  /** Metres in the person's own world. */
  joint(row, joint) {
    const joints = this.motion.joints;
    return [joints.at(row, joint * 3), joints.at(row, joint * 3 + 1), joints.at(row, joint * 3 + 2)];
  }

  /** Metres in the camera's axes: x right, y down, z forward. */
  toCamera(row, [x, y, z]) {
    const { rotation: r, translation: t } = this.motion.camera;
    return [0, 1, 2].map((i) => r.at(row, i * 3) * x + r.at(row, i * 3 + 1) * y + r.at(row, i * 3 + 2) * z + t.at(row, i));
  }

  /** Pixels of the scene. */
  project(row, point) {
    const [x, y, z] = this.toCamera(row, point);
    const { focal, center } = this.motion.camera;
    return [focal.at(row) * x / z + center[0], focal.at(row) * y / z + center[1]];
  }

  /** Whether one of some parts of the body touches the floor, or a seat. */
  touches(row, parts) { return this.contacts !== null && parts.some((part) => this.contacts.at(row, part) === 1); }

  /** Runs [first, last] of frames in which one of some parts touches. */
  contactRuns(parts) {
    const found = [];
    if (this.contacts === null) return found;
    this.frames.raw.forEach((frame, row) => {
      if (!this.touches(row, parts)) return;
      const last = found.at(-1);
      if (last && last[1] === frame - 1) last[1] = frame;
      else found.push([frame, frame]);
    });
    return found;
  }

  /** Runs of frames: {from, to, kind}, both ends included; kind is "seen", "filled" or "gap". */
  spans() {
    const found = [];
    let last = null;
    this.frames.raw.forEach((frame, row) => {
      const kind = this.observed.at(row) ? "seen" : "filled";
      if (last && frame > last.to + 1) found.push({ from: last.to + 1, to: frame - 1, kind: "gap" });
      if (last && frame === last.to + 1 && kind === last.kind) last.to = frame;
      else found.push(last = { from: frame, to: frame, kind });
    });
    return found;
  }
}

/** The bytes of a block: a server gives them as they are, a file has them as base64 in an element further down. */
async function blockBytes(name, served) {
  if (served) return (await fetch(`block-${name}`)).blob();
  if (!document.getElementById(`data-${name}`)?.nextSibling) {
    await new Promise((done) => { document.addEventListener("DOMContentLoaded", done, { once: true }); });
  }
  return new Blob([bytesOf(name)]);
}

/** Reads arrays of a block; those that are not needed at once are asked for later. */
async function readBlock(name, served) {
  const buffer = await inflate(await blockBytes(name, served));
  return (found) => new Rows(buffer, found);
}

async function readPage() {
  const header = JSON.parse(document.getElementById("data-header").textContent);
  const rows = await readBlock("block", header.served);
  const times = rows(header.times).raw;
  const letter = (take) => (header.motions.length > 1 ? LETTERS[take] : "");
  return {
    ...header, times,
    people: header.people.map((entry) => new Person(entry, rows, times.length, letter(entry.take))),
    body: null, // until a mesh is wanted
    hasBodies: header.body !== null,
    async readBodies() {
      if (!this.hasBodies || this.body) return;
      const rows = await readBlock("bodies", header.served), { body } = header;
      for (const person of this.people) person.readBody(rows);
      this.body = {
        parents: body.parents, faces: rows(body.faces), coarseFaces: rows(body.coarse_faces), joints: rows(body.joints),
        weights: rows(body.weights),
      };
    },
  };
}
