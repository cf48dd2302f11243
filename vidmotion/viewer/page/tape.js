// Additions to the 3D view: a tape between two joints, and ghosts of the poses before.

const GHOSTS = 6, GHOST_SECONDS = 0.2;

/** Measures between two joints, each as {figure, joint}; null where none is chosen. */
class Tape {
  constructor(clock) {
    Object.assign(this, { clock, ends: [null, null] });
    this.line = new THREE.LineSegments(new THREE.BufferGeometry(), new THREE.LineBasicMaterial({ depthTest: false }));
    this.line.geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(6), 3));
    this.line.frustumCulled = false;
    this.line.renderOrder = 1;
  }

  /** Both ends in each person's own world, or null if one is not there. */
  points() {
    const found = this.ends.map((end) => {
      const row = end ? end.figure.person.rowOf[this.clock.frame] : -1;
      return row < 0 ? null : new THREE.Vector3(...end.figure.person.joint(row, end.joint));
    });
    return found.includes(null) ? null : found;
  }

  /** Metres, or null. */
  distance() {
    const [a, b] = this.points()?.map((point, end) => point.applyMatrix4(this.ends[end].figure.world)) ?? [];
    return a ? a.distanceTo(b) : null;
  }

  /** Draw it where the figures are now. */
  place(color) {
    const points = this.points();
    this.line.visible = points !== null && this.ends.every((end) => end.figure.group.visible);
    if (!this.line.visible) return;
    const { position } = this.line.geometry.attributes;
    points.forEach((point, end) => position.setXYZ(end, ...point.applyMatrix4(this.ends[end].figure.group.matrix)));
    position.needsUpdate = true;
    this.line.material.color.set(color);
  }
}

/** The bones of one person at a few moments before, the older the fainter. */
class Ghosts {
  constructor(person, clock) {
    Object.assign(this, { person, clock });
    const corners = person.motion.skeleton.bones.length * 2;
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(GHOSTS * corners * 3), 3));
    const alphas = Float32Array.from({ length: GHOSTS * corners * 4 }, (_, i) => (i % 4 < 3 ? 1 : 0.75 * (1 - Math.floor(i / 4 / corners) / GHOSTS)));
    geometry.setAttribute("color", new THREE.BufferAttribute(alphas, 4));
    this.lines = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({ vertexColors: true, transparent: true }));
    this.lines.frustumCulled = false;
  }

  /** Rows of the moments before the clock's frame at which the person is there, the latest first. */
  rows() {
    const { times, frame } = this.clock;
    const frames = Array.from({ length: GHOSTS }, (_, i) => this.clock.frameAt(times[frame] - (i + 1) * GHOST_SECONDS + 1e-6));
    return [...new Set(frames)].filter((one) => one < frame).map((one) => this.person.rowOf[one]).filter((row) => row >= 0);
  }

  pose(color) {
    const { position } = this.lines.geometry.attributes;
    let corner = 0;
    for (const row of this.rows()) {
      for (const joint of this.person.motion.skeleton.bones.flat()) position.setXYZ(corner++, ...this.person.joint(row, joint));
    }
    this.lines.geometry.setDrawRange(0, corner);
    position.needsUpdate = true;
    this.lines.material.color.set(color);
  }
}
