// One person as things of the 3D view: skeleton, skinned body, shadow, number, path and contacts.
// A person's own world becomes the common one, or the camera's axes, by the matrix of the person's group.

const BONE = 0.022, JOINT = 0.032, SHADOW = 0.3, CONTACT_DISC = 0.11; // metres
const CONTACT_JOINTS = {
  left_foot: "left_ankle", right_foot: "right_ankle", left_hand: "left_wrist", right_hand: "right_wrist",
  left_knee: "left_knee", right_knee: "right_knee", pelvis: "root",
};

/** One person as things of the scene. */
class Figure {
  constructor(person, page, colors) {
    Object.assign(this, { person, page, colors });
    this.group = new THREE.Group();
    this.group.matrixAutoUpdate = false;
    const w = person.motion.world;
    this.world = new THREE.Matrix4().set(w[0], w[1], w[2], w[9], w[3], w[4], w[5], w[10], w[6], w[7], w[8], w[11], 0, 0, 0, 1);
    const { bones, joints } = person.motion.skeleton;
    this.bones = this.instances(new THREE.CylinderGeometry(BONE, BONE, 1, 7, 1, true), bones.length);
    this.joints = this.instances(new THREE.SphereGeometry(JOINT, 8, 6), joints.length);
    this.shadow = new THREE.Mesh(new THREE.CircleGeometry(SHADOW, 24).rotateX(-Math.PI / 2), new THREE.MeshBasicMaterial({ transparent: true, opacity: 0.28, depthWrite: false }));
    this.label = new THREE.Sprite(new THREE.SpriteMaterial({ depthTest: false, transparent: true }));
    this.label.scale.set(0.2, 0.2, 1);
    this.group.add(this.shadow, this.label);
    this.addDiscs();
    this.recolor();
  }

  instances(geometry, count) {
    const made = new THREE.InstancedMesh(geometry, new THREE.MeshLambertMaterial(), count);
    made.frustumCulled = false;
    this.group.add(made);
    return made;
  }

  /** A disc at each joint that may touch something; it is seen while it does. */
  addDiscs() {
    const geometry = new THREE.CircleGeometry(CONTACT_DISC, 24).rotateX(-Math.PI / 2);
    const material = new THREE.MeshBasicMaterial({ side: THREE.DoubleSide });
    const { joints } = this.person.motion.skeleton;
    this.discs = this.page.contacts.map((part) => ({ joint: joints.indexOf(CONTACT_JOINTS[part]), mesh: new THREE.Mesh(geometry, material) }));
    this.group.add(...this.discs.map((disc) => disc.mesh));
  }

  /** Discs lie on the floor, or at the height of the pelvis that sits. */
  poseDiscs(points, row) {
    this.discs.forEach(({ joint, mesh }, part) => {
      mesh.visible = joint >= 0 && this.person.touches(row, [part]);
      if (!mesh.visible) return;
      const { x, y, z } = points[joint];
      mesh.position.set(x, this.page.contacts[part] === "pelvis" ? y : 0.008, z);
    });
  }

  /** Add the skinned body, once the page has read it. */
  addMesh() {
    const { body } = this.person, model = this.page.body;
    if (!body || this.mesh) return;
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.BufferAttribute(body.vertices.floats(), 3));
    geometry.setAttribute("skinIndex", new THREE.BufferAttribute(model.joints.raw, 4));
    geometry.setAttribute("skinWeight", new THREE.BufferAttribute(model.weights.raw, 4));
    const faces = (rows) => new THREE.BufferAttribute(rows.raw, 1);
    Object.assign(this, { fine: faces(model.faces), coarse: faces(model.coarseFaces) });
    geometry.setIndex(this.fine);
    geometry.computeVertexNormals();
    const bones = model.parents.map(() => new THREE.Bone());
    bones.forEach((bone, joint) => {
      const parent = model.parents[joint];
      if (parent < 0) return;
      bones[parent].add(bone);
      bone.position.set(...body.joints[joint].map((value, axis) => value - body.joints[parent][axis]));
    });
    const inverses = body.joints.map(([x, y, z]) => new THREE.Matrix4().makeTranslation(-x, -y, -z));
    this.mesh = new THREE.SkinnedMesh(geometry, new THREE.MeshLambertMaterial());
    this.mesh.frustumCulled = false;
    this.mesh.add(bones[0]);
    this.mesh.material.color.set(this.colors.person(this.person));
    this.mesh.bind(new THREE.Skeleton(bones, inverses), new THREE.Matrix4());
    this.group.add(this.mesh);
  }

  /** Apply the person's colour. */
  recolor() {
    const color = this.colors.person(this.person);
    this.shadow.material.color.set(color);
    this.discs[0].mesh.material.color.set(color);
    this.mesh?.material.color.set(color);
    this.pathLine?.material.color.set(color);
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
    const context = canvas.getContext("2d");
    context.fillStyle = color;
    context.beginPath();
    context.arc(32, 32, 30, 0, 7);
    context.fill();
    context.fillStyle = inkOn(color);
    context.font = "bold 36px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(this.person.name, 32, 34, 56);
    this.label.material.map?.dispose();
    this.label.material.map = Object.assign(new THREE.CanvasTexture(canvas), { colorSpace: "srgb" });
  }

  /** Pose the person as in a row, in the person's own world. */
  pose(row, style, coloring, coarse) {
    const { person } = this;
    const count = person.motion.skeleton.joints.length;
    const points = Array.from({ length: count }, (_, joint) => new THREE.Vector3(...person.joint(row, joint)));
    const withMesh = this.mesh !== undefined && style !== "skeleton";
    const withBones = !withMesh || style === "both";
    const opacity = person.observed.at(row) ? 1 : 0.4;
    for (const part of [this.bones, this.joints]) {
      part.visible = withBones;
      setOpacity(part.material, opacity);
    }
    if (withBones) this.poseBones(points, row, coloring);
    if (this.mesh) this.mesh.visible = withMesh;
    if (withMesh) {
      this.poseMesh(row);
      this.mesh.geometry.setIndex(coarse ? this.coarse : this.fine);
      setOpacity(this.mesh.material, opacity * (style === "both" ? 0.5 : 1));
    }
    this.shadow.position.set(points[0].x, 0.003, points[0].z);
    this.poseDiscs(points, row);
    const top = points.reduce((a, b) => (b.y > a.y ? b : a));
    this.label.position.set(top.x, top.y + 0.28, top.z);
  }

  poseBones(points, row, coloring) {
    const { skeleton, confidence } = this.person.motion;
    const color = new THREE.Color();
    const colorOf = (joint) => {
      if (coloring === "person") return color.set(this.colors.person(this.person));
      if (coloring === "side") return color.set(this.colors.side(skeleton.sides[joint]));
      return color.set(confidenceColor(confidence.at(row, joint) / 255));
    };
    const up = new THREE.Vector3(0, 1, 0), matrix = new THREE.Matrix4(), turn = new THREE.Quaternion();
    skeleton.bones.forEach(([a, b], bone) => {
      const along = points[b].clone().sub(points[a]);
      const length = Math.max(along.length(), 1e-6);
      turn.setFromUnitVectors(up, along.divideScalar(length));
      const middle = points[a].clone().add(points[b]).multiplyScalar(0.5);
      this.bones.setMatrixAt(bone, matrix.compose(middle, turn, new THREE.Vector3(1, length, 1)));
      this.bones.setColorAt(bone, colorOf(b));
    });
    points.forEach((point, joint) => {
      this.joints.setMatrixAt(joint, matrix.makeTranslation(point.x, point.y, point.z));
      this.joints.setColorAt(joint, colorOf(joint));
    });
    for (const part of [this.bones, this.joints]) {
      part.instanceMatrix.needsUpdate = true;
      part.instanceColor.needsUpdate = true;
    }
  }

  poseMesh(row) {
    const { pose, translation, joints } = this.person.body;
    const { bones } = this.mesh.skeleton;
    const axis = new THREE.Vector3();
    bones.forEach((bone, joint) => {
      axis.set(pose.at(row, joint * 3), pose.at(row, joint * 3 + 1), pose.at(row, joint * 3 + 2));
      const angle = axis.length();
      bone.quaternion.setFromAxisAngle(angle > 1e-9 ? axis.divideScalar(angle) : axis.set(0, 1, 0), angle);
    });
    bones[0].position.set(...joints[0].map((value, component) => value + translation.at(row, component)));
  }

  /** The path of the hips over the floor. */
  showPath(shown) {
    if (shown && !this.pathLine) {
      const { person } = this;
      const points = [];
      for (let row = 1; row < person.frames.length; row++) {
        if (person.frames.at(row) !== person.frames.at(row - 1) + 1) continue;
        for (const at of [row - 1, row]) {
          const [x, , z] = person.joint(at, 0);
          points.push(x, 0.006, z);
        }
      }
      const geometry = new THREE.BufferGeometry();
      geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(points), 3));
      this.pathLine = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({ color: this.colors.person(person) }));
      this.pathLine.frustumCulled = false;
      this.group.add(this.pathLine);
    }
    if (this.pathLine) this.pathLine.visible = shown;
  }

  showGhosts(shown, clock) {
    if (shown && !this.ghosts) {
      this.ghosts = new Ghosts(this.person, clock);
      this.group.add(this.ghosts.lines);
    }
    if (!this.ghosts) return;
    this.ghosts.lines.visible = shown;
    if (shown) this.ghosts.pose(this.colors.person(this.person));
  }

  /** The hips in the common world. */
  hips(row) { return new THREE.Vector3(...this.person.joint(row, 0)).applyMatrix4(this.world); }

  /** From the person's own world to the axes of the film's camera, as three.js has them: x right, y up, z backward. */
  toFilm(row, focal) {
    const { rotation: r, translation: t, focal: own } = this.person.motion.camera;
    const scale = own.at(row) / focal;
    const line = (axis, factor) => [0, 1, 2].map((i) => r.at(row, axis * 3 + i) * factor).concat(t.at(row, axis) * factor);
    return new THREE.Matrix4().set(...line(0, scale), ...line(1, -scale), ...line(2, -1), 0, 0, 0, 1);
  }

  /** Where the film's camera stands in the common world. */
  filmPosition(row) {
    const { rotation: r, translation: t } = this.person.motion.camera;
    const place = [0, 1, 2].map((i) => -(r.at(row, i) * t.at(row, 0) + r.at(row, 3 + i) * t.at(row, 1) + r.at(row, 6 + i) * t.at(row, 2)));
    return new THREE.Vector3(...place).applyMatrix4(this.world);
  }
}

function setOpacity(material, opacity) {
  material.opacity = opacity;
  if (material.transparent === opacity < 1) return;
  material.transparent = opacity < 1;
  material.needsUpdate = true;
}
