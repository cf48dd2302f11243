// The 3D view: people as skeletons and skinned bodies on a floor, seen from a free camera or from the film's.

const NEAR = 0.05, FAR = 2000; // metres
const WIDEST_VIEW = 2.5; // metres around the center; who walks further is followed
const GRID_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const MOST_LINES = 60; // of the grid, each way
const MOST_FINE = 2; // bodies of all faces, if the CPU draws them
const SAMPLES = 400; // rows of each person that tell how far they walk

/** Whether WebGL runs on the CPU, where smooth edges take half of the time. */
function isSoftware() {
  const context = document.createElement("canvas").getContext("webgl2");
  const info = context?.getExtension("WEBGL_debug_renderer_info");
  return info ? /swiftshader|llvmpipe|software|basic render/i.test(context.getParameter(info.UNMASKED_RENDERER_WEBGL)) : false;
}

class Space {
  constructor(stage, page, clock, colors) {
    Object.assign(this, { page, clock, colors, view: "orbit", style: "skeleton", coloring: "side", followed: null, path: false, ghosts: false });
    this.canvas = stage.querySelector("#solid");
    this.behind = stage.querySelector("#behind");
    this.software = isSoftware();
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, antialias: !this.software, alpha: true });
    this.scene = new THREE.Scene();
    this.figures = page.people.filter((person) => person.motion).map((person) => new Figure(person, page, colors));
    this.tape = new Tape(clock);
    this.floor = new THREE.Group();
    this.floor.matrixAutoUpdate = false;
    const sun = new THREE.DirectionalLight(0xffffff, 2.2);
    sun.position.set(1, 2.5, 1.8);
    this.scene.add(new THREE.AmbientLight(0xffffff, 1.3), sun, this.floor, this.tape.line, ...this.figures.map((one) => one.group));
    this.camera = new THREE.PerspectiveCamera(40, 1, NEAR, FAR);
    this.film = new THREE.PerspectiveCamera();
    this.measure();
    this.addGrid();
    this.controls = new THREE.OrbitControls(this.camera, this.canvas);
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => this.onFree?.());
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.lookFrom("front");
  }

  /** How far people walk, and where the film's camera stood at first. */
  measure() {
    const low = new THREE.Vector3(Infinity, 0, Infinity), high = new THREE.Vector3(-Infinity, 0, -Infinity);
    for (const figure of this.figures) {
      const count = figure.person.frames.length;
      for (let sample = 0; sample < SAMPLES; sample++) {
        const hips = figure.hips(Math.floor(sample * count / SAMPLES));
        low.min(hips);
        high.max(hips);
      }
    }
    if (!this.figures.length) { low.set(-1, 0, -1); high.set(1, 0, 1); }
    this.center = low.clone().add(high).multiplyScalar(0.5).setY(0.9);
    this.extent = Math.max(high.x - low.x, high.z - low.z) / 2 + 1;
    const from = this.figures.length ? this.figures[0].filmPosition(0).sub(this.center).setY(0) : new THREE.Vector3(0, 0, 1);
    this.heading = Math.atan2(from.x, from.z);
    if (this.extent > WIDEST_VIEW) this.followed = this.figures[0];
  }

  addGrid() {
    const reach = Math.min(this.extent + 3, 1e5);
    this.gridStep = GRID_STEPS.find((step) => 2 * reach / step <= MOST_LINES) ?? reach / 25;
    const half = Math.ceil(reach / this.gridStep) * this.gridStep;
    const middle = [this.center.x, this.center.z].map((value) => Math.round(value / this.gridStep) * this.gridStep);
    const points = [];
    for (let at = -half; at <= half + 1e-6; at += this.gridStep) {
      points.push(middle[0] + at, 0, middle[1] - half, middle[0] + at, 0, middle[1] + half);
      points.push(middle[0] - half, 0, middle[1] + at, middle[0] + half, 0, middle[1] + at);
    }
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(points), 3));
    this.grid = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial());
    this.grid.frustumCulled = false;
    this.floor.add(this.grid);
  }

  /** Move the free camera: "front" is the side of the film's camera, a little above it. */
  lookFrom(side) {
    const target = this.followed?.person.rowOf[this.clock.frame] >= 0 ? this.hipsNow(this.followed).setY(0.9) : this.center.clone();
    const radius = Math.min(this.extent, WIDEST_VIEW);
    const half = Math.tan(this.camera.fov / 2 * Math.PI / 180) * Math.min(this.canvas.clientWidth / Math.max(this.canvas.clientHeight, 1), 1);
    const distance = Math.max(radius / Math.sin(Math.atan(half || 0.36)), 3.6);
    const [polar, azimuth] = { front: [1.32, 0], side: [1.45, Math.PI / 2], top: [1e-4, 0] }[side];
    this.controls.target.copy(target);
    this.camera.position.setFromSpherical(new THREE.Spherical(distance, polar, this.heading + azimuth)).add(target);
    this.controls.update();
  }

  async setStyle(style) {
    this.style = style;
    if (style !== "skeleton") {
      await this.page.readBodies();
      for (const figure of this.figures) figure.addMesh();
    }
    this.draw();
  }

  setView(view) {
    this.view = view;
    this.controls.enabled = view !== "film";
    if (view === "top" || view === "side") this.lookFrom(view);
    this.draw();
  }

  follow(figure) {
    this.followed = figure;
    this.lastHips = null;
    const row = figure ? figure.person.rowOf[this.clock.frame] : -1;
    if (row >= 0) this.moveBy(figure.hips(row).sub(this.controls.target).setY(0));
    this.draw();
  }

  hipsNow(figure) { return figure.hips(figure.person.rowOf[this.clock.frame]); }

  moveBy(step) {
    this.camera.position.add(step);
    this.controls.target.add(step);
    this.controls.update();
  }

  /** Keep the followed person where the camera looks. */
  keepUp() {
    const row = this.followed ? this.followed.person.rowOf[this.clock.frame] : -1;
    if (row < 0) return;
    const hips = this.followed.hips(row).setY(0);
    if (this.lastHips) this.moveBy(hips.clone().sub(this.lastHips));
    this.lastHips = hips;
  }

  onKey(event) {
    if (this.view === "film" || event.ctrlKey || event.metaKey || event.altKey) return;
    const turns = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const zoom = { "+": 0.9, "=": 0.9, "-": 1 / 0.9 }[event.key];
    if (!turns && !zoom) return;
    event.preventDefault();
    event.stopPropagation();
    this.onFree?.();
    const around = new THREE.Spherical().setFromVector3(this.camera.position.clone().sub(this.controls.target));
    if (turns && event.shiftKey) {
      const right = new THREE.Vector3(Math.cos(around.theta), 0, -Math.sin(around.theta));
      const forward = new THREE.Vector3(-Math.sin(around.theta), 0, -Math.cos(around.theta));
      return this.moveBy(right.multiplyScalar(turns[1] * 0.2).add(forward.multiplyScalar(-turns[0] * 0.2)));
    }
    if (zoom) around.radius *= zoom;
    else { around.phi += turns[0] * 0.08; around.theta += turns[1] * 0.08; around.makeSafe(); }
    this.camera.position.setFromSpherical(around).add(this.controls.target);
    this.controls.update();
    return undefined;
  }

  /** Draw at the next picture of the screen. */
  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.render(); });
  }

  render() {
    const { clock, renderer, canvas } = this;
    const width = Math.max(canvas.clientWidth, 1), height = Math.max(canvas.clientHeight, 1);
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    if (this.sized !== `${width} ${height} ${ratio}`) {
      this.sized = `${width} ${height} ${ratio}`;
      renderer.setPixelRatio(ratio);
      renderer.setSize(width, height, false);
      this.camera.aspect = width / height;
      this.camera.updateProjectionMatrix();
    }
    this.keepUp();
    const present = this.figures.filter((one) => one.person.shown && one.person.rowOf[clock.frame] >= 0);
    for (const figure of this.figures) figure.group.visible = present.includes(figure);
    const coarse = this.software && present.length > MOST_FINE;
    for (const figure of present) {
      figure.pose(figure.person.rowOf[clock.frame], this.style, this.coloring, coarse);
      figure.showPath(this.path);
      figure.showGhosts(this.ghosts, clock);
    }
    this.grid.material.color.set(this.colors.named("grid"));
    const film = this.view === "film" ? this.placeInFilm(present) : null;
    this.drawBehind(film);
    if (!film) this.placeInWorld(present);
    this.tape.place(this.colors.named("ink"));
    const rect = film ? fit(this.page.size, [width, height]) : { x: 0, y: 0, width, height };
    renderer.setViewport(rect.x, rect.y, rect.width, rect.height);
    renderer.setScissor(rect.x, rect.y, rect.width, rect.height);
    renderer.setScissorTest(film !== null);
    renderer.render(this.scene, film ?? this.camera);
    this.onDrawn?.();
  }

  placeInWorld(present) {
    for (const figure of present) figure.group.matrix.copy(figure.world);
    this.floor.matrix.identity();
    this.floor.visible = true;
  }

  /** Move people and floor into the axes of the film's camera, which is returned. */
  placeInFilm(present) {
    const { frame } = this.clock;
    this.floor.visible = present.length > 0;
    if (!present.length) return this.film;
    const { camera } = present[0].person.motion;
    const focal = camera.focal.at(present[0].person.rowOf[frame]);
    for (const figure of present) figure.group.matrix.copy(figure.toFilm(figure.person.rowOf[frame], focal));
    this.floor.matrix.copy(present[0].group.matrix).multiply(present[0].world.clone().invert());
    const [width, height] = this.page.size;
    this.film.projectionMatrix.set(
      2 * focal / width, 0, 1 - 2 * camera.center[0] / width, 0,
      0, 2 * focal / height, 2 * camera.center[1] / height - 1, 0,
      0, 0, -(FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR),
      0, 0, -1, 0,
    );
    this.film.projectionMatrixInverse.copy(this.film.projectionMatrix).invert();
    return this.film;
  }

  drawBehind(film) {
    const { behind, clock } = this;
    behind.hidden = !film;
    if (!film) return;
    matchPixels(behind);
    const context = behind.getContext("2d");
    context.clearRect(0, 0, behind.width, behind.height);
    const rect = fit(this.page.size, [behind.width, behind.height]);
    context.fillStyle = "#0d0d0d";
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
    drawFrame(context, rect, clock.hasVideo ? clock.video : null, this.page.rotate);
  }

  /** The view as one picture. */
  picture() {
    this.render();
    const canvas = Object.assign(document.createElement("canvas"), { width: this.canvas.width, height: this.canvas.height });
    const context = canvas.getContext("2d");
    context.fillStyle = this.colors.named("stage");
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (this.view === "film") context.drawImage(this.behind, 0, 0, canvas.width, canvas.height);
    context.drawImage(this.canvas, 0, 0);
    return canvas;
  }
}
