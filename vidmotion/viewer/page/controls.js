// Buttons, fields and keys. Everything that a file says is set as text.

const $ = (id) => document.getElementById(id);

const KEYS = [
  ["Space", "play or pause"], ["← →", "one frame; with shift 10 frames"], ["Home End", "first or last frame"],
  ["[ ]", "slower or faster"], ["i o", "begin or end the loop here"], ["l", "loop on or off"],
  ["f", "look through the film's camera"], ["r t s", "free view, top, side"], ["m", "skeleton, mesh, both"],
  ["1 to 9", "show or hide a person"], ["?", "this list"],
  ["in the 3D view", "arrows turn, shift and arrows move, + and − zoom"],
];

/** An element with attributes and children; strings become text. */
function element(name, attributes, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

class Controls {
  constructor(page, clock, picture, space, timeline, colors) {
    Object.assign(this, { page, clock, picture, space, timeline, colors });
    this.stem = page.source.replace(/\.[^.]*$/, "") || "motion";
    this.fillHeader();
    this.fillPeople();
    this.fillDownloads();
    this.connectPlayback();
    this.connectViews();
    document.addEventListener("keydown", (event) => this.onKey(event));
    clock.onChange(() => this.update());
  }

  redraw() {
    this.picture.draw();
    this.space?.draw();
    this.timeline.draw();
  }

  fillHeader() {
    const { page } = this;
    document.title = `${page.source} - vidmotion`;
    $("source").textContent = page.source;
    const people = page.people.length === 1 ? "1 person" : `${page.people.length} people`;
    $("facts").textContent = `${people}, ${page.times.length} frames, ${Number(page.fps.toFixed(3))} frames/s`;
    $("notes").append(...page.notes.map((text) => element("p", {}, text)));
    const name = () => { $("theme").textContent = this.colors.theme === "dark" ? "Light" : "Dark"; };
    $("theme").onclick = () => {
      this.colors.setTheme(this.colors.theme === "dark" ? "light" : "dark");
      name();
      this.redraw();
    };
    name();
    $("keys").querySelector("dl").append(...KEYS.flatMap(([key, text]) => [element("dt", {}, key), element("dd", {}, text)]));
    $("help").onclick = () => $("keys").showModal();
  }

  fillPeople() {
    this.boxes = this.page.people.map((person) => this.personEntry(person));
    $("people").append(...this.boxes.map((box) => box.item));
    const lifted = this.page.people.filter((person) => person.motion);
    for (const id of ["inspected", "follow"]) {
      $(id).append(...lifted.map((person) => element("option", { value: person.id }, `person ${person.id}`)));
    }
    $("inspected").onchange = () => this.listJoints();
    this.listJoints();
  }

  personEntry(person) {
    const shown = element("input", { type: "checkbox", checked: true });
    shown.onchange = () => { person.shown = shown.checked; this.redraw(); };
    const color = element("input", { type: "color", value: this.colors.person(person), ariaLabel: `Colour of person ${person.id}` });
    color.oninput = () => {
      this.colors.people.set(person, color.value);
      this.space?.figures.find((one) => one.person === person)?.recolor();
      this.redraw();
    };
    const state = element("small", {});
    const item = element("li", {}, color, element("label", {}, shown, ` Person ${person.id}`), state);
    return { person, shown, state, item };
  }

  /** The person whose joints are listed. */
  get inspected() { return this.page.people.find((person) => person.motion && String(person.id) === $("inspected").value); }

  listJoints() {
    const names = this.inspected?.motion.skeleton.joints ?? [];
    this.cells = names.map(() => [element("td", {}), element("td", {})]);
    $("joints").tBodies[0].replaceChildren(...names.map((name, i) => element("tr", {}, element("td", {}, name), ...this.cells[i])));
    this.updateTexts();
  }

  fillDownloads() {
    const { downloads } = this.page;
    if (!downloads.length) return;
    $("downloads").append(element("h2", {}, "Files"), ...downloads.map(({ name, label, block, href }) => {
      const link = element("a", { href: href ?? "#", download: name }, label);
      if (block) link.onclick = (event) => { event.preventDefault(); save(new Blob([bytesOf(block)]), name); };
      return link;
    }));
  }

  connectPlayback() {
    const { clock } = this;
    const loop = (part) => () => {
      clock.loop[part] = clock.frame;
      if (clock.loop.from > clock.loop.to) clock.loop[part === "from" ? "to" : "from"] = part === "from" ? clock.last : clock.first;
      clock.loop.on = true;
      clock.tell();
    };
    this.actions = {
      play: () => clock.toggle(), back: () => clock.step(-1), forward: () => clock.step(1),
      start: () => clock.goTo(clock.first), end: () => clock.goTo(clock.last),
      "loop-from": loop("from"), "loop-to": loop("to"),
    };
    for (const [id, action] of Object.entries(this.actions)) $(id).onclick = action;
    $("loop").onchange = () => { clock.loop.on = $("loop").checked; clock.tell(); };
    // The slider is logarithmic: 0.1 at its left end, 2 at its right end.
    $("speed").oninput = () => clock.setSpeed(10 ** Number($("speed").value));
    Object.assign($("scrub"), { min: clock.first, max: clock.last });
    $("scrub").oninput = () => clock.goTo(Number($("scrub").value));
    $("sound").disabled = !clock.video;
    $("sound").onchange = () => { clock.video.muted = !$("sound").checked; };
    $("overlay").onchange = () => { this.picture.overlay = $("overlay").value; this.picture.draw(); };
    $("save-film").onclick = () => this.savePicture(this.picture.canvas, "picture");
  }

  connectViews() {
    const { space } = this;
    if (!space) return;
    space.onFree = () => { space.view = $("view").value = "orbit"; };
    $("view").onchange = () => space.setView($("view").value);
    $("style").onchange = () => { space.style = $("style").value; space.draw(); };
    $("coloring").onchange = () => { space.coloring = $("coloring").value; space.draw(); };
    $("path").onchange = () => { space.path = $("path").checked; space.draw(); };
    $("follow").onchange = () => space.follow(space.figures.find((one) => String(one.person.id) === $("follow").value) ?? null);
    $("follow").value = space.followed ? space.followed.person.id : "";
    if (!this.page.body) for (const option of $("style").options) option.disabled = option.value !== "skeleton";
    $("scale").textContent = `grid ${space.gridStep} m`;
    $("save-space").onclick = () => this.savePicture(space.picture(), "3d");
  }

  savePicture(canvas, kind) {
    try {
      canvas.toBlob((blob) => save(blob, `${this.stem}.${kind}.${this.clock.frame}.png`));
    } catch {
      $("notes").replaceChildren(element("p", {}, "The browser does not let a page save pictures of a linked video; make the page without --link-video."));
    }
  }

  choose(id, value) {
    $(id).value = value;
    $(id).dispatchEvent(new Event("change"));
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const at = event.target.tagName, type = event.target.type;
    if (at === "SELECT" || (at === "INPUT" && type === "range" && event.key !== " ")) return;
    if (event.key === " " && (at === "BUTTON" || type === "checkbox" || type === "color" || at === "A")) return;
    const { clock } = this;
    const styles = ["skeleton", "mesh", "both"];
    const by = event.shiftKey ? 10 : 1;
    const actions = {
      " ": this.actions.play, ArrowLeft: () => clock.step(-by), ArrowRight: () => clock.step(by),
      Home: this.actions.start, End: this.actions.end,
      "[": () => clock.setSpeed(clock.speed / 1.25), "]": () => clock.setSpeed(clock.speed * 1.25),
      i: this.actions["loop-from"], o: this.actions["loop-to"], l: () => $("loop").click(),
      f: () => this.choose("view", "film"), r: () => this.choose("view", "orbit"), t: () => this.choose("view", "top"),
      s: () => this.choose("view", "side"), "?": () => $("keys").showModal(),
      m: () => this.page.body && this.choose("style", styles[(styles.indexOf($("style").value) + 1) % 3]),
    };
    const action = actions[event.key] ?? (/^[1-9]$/.test(event.key) && (() => this.boxes[event.key - 1]?.shown.click()));
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** After a change of the clock. */
  update() {
    const { clock } = this;
    this.redraw();
    $("play").textContent = clock.playing ? "Pause" : "Play";
    const time = clock.times[clock.frame];
    $("scrub").value = clock.frame;
    $("scrub").setAttribute("aria-valuetext", `frame ${clock.frame}, ${time.toFixed(2)} seconds`);
    $("time").textContent = `frame ${clock.frame} of ${clock.last}   ${time.toFixed(3)} s`;
    $("speed").value = Math.log10(clock.speed);
    $("speed-text").textContent = `${Number(clock.speed.toFixed(2))}×`;
    $("loop").checked = clock.loop.on;
    if (!clock.playing || performance.now() - (this.told ?? 0) > 150) this.updateTexts();
  }

  updateTexts() {
    this.told = performance.now();
    for (const { person, state } of this.boxes) state.textContent = this.describe(person);
    const person = this.inspected, row = person ? person.rowOf[this.clock.frame] : -1;
    this.cells?.forEach(([confidence, height], joint) => {
      confidence.textContent = row < 0 ? "–" : `${Math.round(person.motion.confidence.at(row, joint) / 2.55)} %`;
      height.textContent = row < 0 ? "–" : `${person.joint(row, joint)[1].toFixed(2)} m`;
    });
  }

  describe(person) {
    const row = person.rowOf[this.clock.frame];
    const height = person.motion ? `${person.motion.height.toFixed(2)} m tall` : "2D only";
    if (row < 0) return `${height}, not in this frame`;
    const scores = person.motion?.confidence ?? person.score;
    let sum = 0;
    for (let joint = 0; joint < scores.width; joint++) sum += scores.at(row, joint);
    const kind = person.observed.at(row) ? "seen" : "filled in";
    return `${height}, ${kind}, confidence ${Math.round(sum / scores.width / 2.55)} %`;
  }
}
