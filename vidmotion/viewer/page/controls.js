// Buttons, fields and keys. Everything that a file says is set as text.

const $ = (id) => document.getElementById(id);

const KEYS = [
  ["Space", "play or pause"], ["← →", "one frame; with shift 10 frames"], ["Home End", "first or last frame"],
  ["[ ]", "slower or faster"], ["i o", "begin or end the loop here"], ["l", "loop on or off"],
  ["f", "look through the film's camera"], ["r t s", "free view, top, side"], ["m", "skeleton, mesh, both"],
  ["g", "ghosts of the poses before"], ["c", "to the list of curves"], ["d", "to the measuring tape"],
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
  constructor(page, clock, picture, space, timeline, curves, colors) {
    Object.assign(this, { page, clock, picture, space, timeline, curves, colors });
    this.stem = page.source.replace(/\.[^.]*$/, "") || "motion";
    this.fillHeader();
    this.fillPeople();
    this.fillDownloads();
    this.connectPlayback();
    this.connectViews();
    this.connectTape();
    document.addEventListener("keydown", (event) => this.onKey(event));
    clock.onChange(() => this.update());
  }

  redraw() {
    this.picture.draw();
    this.space?.draw();
    this.timeline.draw();
    this.curves.draw();
  }

  fillHeader() {
    const { page } = this;
    document.title = `${page.source} - vidmotion`;
    $("source").textContent = page.source;
    const people = page.people.length === 1 ? "1 person" : `${page.people.length} people`;
    $("facts").textContent = `${people}, ${page.times.length} frames, ${Number(page.fps.toFixed(3))} frames/s`;
    if (page.motions.length > 1) $("facts").textContent += `, ${page.motions.map((name, take) => `${LETTERS[take]}: ${name}`).join(", ")}`;
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
      $(id).append(...lifted.map((person) => element("option", { value: person.name }, `person ${person.name}`)));
    }
    $("inspected").onchange = () => { this.listJoints(); this.listCurves(); };
    $("curve").onchange = () => this.showCurve();
    this.listJoints();
    this.listCurves();
  }

  personEntry(person) {
    const shown = element("input", { type: "checkbox", checked: true });
    shown.onchange = () => { person.shown = shown.checked; this.redraw(); };
    const color = element("input", { type: "color", value: this.colors.person(person), ariaLabel: `Colour of person ${person.name}` });
    color.oninput = () => {
      this.colors.people.set(person, color.value);
      this.space?.figures.find((one) => one.person === person)?.recolor();
      this.redraw();
    };
    const state = element("small", {});
    const item = element("li", {}, color, element("label", {}, shown, ` Person ${person.name}`), state);
    return { person, shown, state, item };
  }

  /** The person whose joints are listed. */
  get inspected() { return this.page.people.find((person) => person.motion && person.name === $("inspected").value); }

  listJoints() {
    const { skeleton, error } = this.inspected?.motion ?? {};
    const names = skeleton?.joints ?? [];
    $("error-head").hidden = !error;
    this.cells = names.map(() => Array.from({ length: error ? 3 : 2 }, () => element("td", {})));
    $("joints").tBodies[0].replaceChildren(...names.map((name, i) => element("tr", {}, element("td", {}, name), ...this.cells[i])));
    this.updateTexts();
  }

  /** The curves of the person whose joints are listed; the curve that was chosen stays. */
  listCurves() {
    const select = $("curve"), before = select.value;
    const choices = this.inspected ? this.curves.choices(this.inspected) : [];
    const group = (kind, label) => element("optgroup", { label }, ...choices
      .filter((one) => one.kind === kind).map((one) => element("option", { value: `${kind} ${one.title}` }, one.title)));
    const groups = [group("angle", "angles of the joints"), group("height", "heights of the joints")];
    select.replaceChildren(element("option", { value: "" }, "none"), ...groups.filter((one) => one.children.length));
    this.choices = new Map(choices.map((one) => [`${one.kind} ${one.title}`, one]));
    select.value = this.choices.has(before) ? before : "";
    this.showCurve();
  }

  async showCurve() {
    await this.curves.show(this.inspected, this.choices.get($("curve").value) ?? null);
    this.updateTexts();
  }

  /** Each end of the tape is a joint of somebody. */
  connectTape() {
    const { space } = this;
    if (!space) return;
    ["tape-from", "tape-to"].forEach((id, end) => {
      $(id).append(element("option", { value: "" }, "–"), ...space.figures.map((figure, number) => element(
        "optgroup", { label: `person ${figure.person.name}` },
        ...figure.person.motion.skeleton.joints.map((name, joint) => element("option", { value: `${number} ${joint}` }, name.replaceAll("_", " "))),
      )));
      $(id).onchange = () => {
        const [number, joint] = $(id).value.split(" ").map(Number);
        space.tape.ends[end] = $(id).value ? { figure: space.figures[number], joint } : null;
        space.draw();
        this.updateTexts();
      };
    });
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
    $("style").onchange = () => space.setStyle($("style").value);
    $("coloring").onchange = () => { space.coloring = $("coloring").value; space.draw(); };
    $("ghosts").onchange = () => { space.ghosts = $("ghosts").checked; space.draw(); };
    $("path").onchange = () => { space.path = $("path").checked; space.draw(); };
    $("follow").onchange = () => space.follow(space.figures.find((one) => one.person.name === $("follow").value) ?? null);
    if (this.colors.several) this.choose("coloring", "person");
    $("follow").value = space.followed ? space.followed.person.name : "";
    if (!this.page.hasBodies) for (const option of $("style").options) option.disabled = option.value !== "skeleton";
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
      g: () => $("ghosts").click(), c: () => $("curve").focus(), d: () => $("tape-from").focus(),
      m: () => this.page.hasBodies && this.choose("style", styles[(styles.indexOf($("style").value) + 1) % 3]),
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
    const distance = this.space?.tape.distance() ?? null;
    $("tape").textContent = distance === null ? "" : `${distance.toFixed(3)} m`;
    $("curve-now").textContent = this.curves.now();
    this.cells?.forEach(([confidence, height, error], joint) => {
      if (error) error.textContent = row < 0 ? "–" : `${person.motion.error.at(row, joint)}`;
      confidence.textContent = row < 0 ? "–" : `${Math.round(person.motion.confidence.at(row, joint) / 2.55)}`;
      height.textContent = row < 0 ? "–" : person.joint(row, joint)[1].toFixed(2);
    });
  }

  describe(person) {
    const { difference } = person.entry;
    const apart = difference ? `; ${Math.round(difference.millimeters)} mm from ${difference.other}${LETTERS[0]} on average (${difference.frames} frames)` : "";
    return this.describeNow(person) + apart;
  }

  describeNow(person) {
    const row = person.rowOf[this.clock.frame];
    const height = person.motion ? `${person.motion.height.toFixed(2)} m tall` : "2D only";
    if (row < 0) return `${height}, not in this frame`;
    const kind = person.observed.at(row) ? "seen" : "filled in";
    const confidence = Math.round((person.motion?.confidence ?? person.score).mean(row) / 2.55);
    const error = person.motion?.error ? `, expected error ${Math.round(person.motion.error.mean(row))} mm` : "";
    return `${height}, ${kind}, confidence ${confidence} %${error}`;
  }
}
