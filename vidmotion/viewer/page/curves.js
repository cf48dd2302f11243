// Curves under the timeline: an angle, or the height of a joint, of the chosen person, with the clock's line.

const CURVE_HEIGHT = 84, MARGIN = 12; // pixels
const LEAST_RANGE = { angle: 10, height: 0.1 }; // degrees, metres: a curve that hardly changes stays flat

/** Names with and without a side as [title, [[side, column], ...]]: left and right of one joint are one entry. */
function pairSides(names) {
  const found = new Map();
  names.forEach((name, column) => {
    const [, side, title] = name.match(/^(?:(left|right)_)?(.*)$/);
    found.set(title, [...(found.get(title) ?? []), [side ?? "trunk", column]]);
  });
  return [...found].map(([title, columns]) => [title.replaceAll("_", " "), columns]);
}

class Curves {
  constructor(canvas, page, clock, timeline, colors) {
    Object.assign(this, { canvas, page, clock, timeline, colors, person: null, chosen: null });
    const seek = (event) => { if (event.buttons) clock.goTo(timeline.frameAt(event.offsetX)); };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); seek(event); });
    canvas.addEventListener("pointermove", seek);
    canvas.style.height = `${CURVE_HEIGHT}px`;
  }

  /** What can be drawn of a person: {kind, title, columns}. */
  choices(person) {
    const of = (kind, names) => pairSides(names).map(([title, columns]) => ({ kind, title, columns }));
    return [...(person.entry.angles ? of("angle", this.page.angles) : []), ...of("height", person.motion.skeleton.joints)];
  }

  /** Draw one of the choices, or nothing. Angles are unpacked when the first of them is wanted. */
  async show(person, choice) {
    if (choice?.kind === "angle") {
      const rows = await (this.angles ??= readBlock("angles", this.page.served));
      person.angles ??= rows(person.entry.angles);
    }
    Object.assign(this, { person, chosen: choice, still: null });
    this.canvas.hidden = !choice;
    if (choice) this.range = this.measure();
    this.draw();
  }

  value(row, column) {
    return this.chosen.kind === "angle" ? this.person.angles.at(row, column) : this.person.joint(row, column)[1];
  }

  text(value) { return this.chosen.kind === "angle" ? `${value.toFixed(0)}°` : `${value.toFixed(2)} m`; }

  measure() {
    let low = Infinity, high = -Infinity;
    for (const [, column] of this.chosen.columns) {
      for (let row = 0; row < this.person.frames.length; row++) {
        const value = this.value(row, column);
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    const middle = (low + high) / 2, half = Math.max(high - low, LEAST_RANGE[this.chosen.kind]) / 2;
    this.canvas.setAttribute("aria-label", `${this.chosen.title} of person ${this.person.name}: ${this.text(low)} to ${this.text(high)}.`);
    return [middle - half, middle + half];
  }

  y(value) {
    const [low, high] = this.range;
    return MARGIN + (high - value) / (high - low) * (CURVE_HEIGHT - 2 * MARGIN);
  }

  /** The values of this frame, as text. */
  now() {
    const row = this.chosen ? this.person.rowOf[this.clock.frame] : -1;
    if (row < 0) return "";
    const side = (name) => (name === "trunk" ? "" : `${name} `);
    return this.chosen.columns.map(([name, column]) => side(name) + this.text(this.value(row, column))).join(", ");
  }

  draw() {
    if (!this.chosen) return;
    const { canvas, clock, timeline } = this;
    const key = `${canvas.clientWidth} ${this.colors.theme}`;
    if (matchPixels(canvas) || key !== this.drawn || !this.still) {
      this.drawn = key;
      this.still = this.drawStill();
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.still, 0, 0);
    this.scale(context);
    context.fillStyle = this.colors.named("ink");
    context.fillRect((timeline.xOf(clock.frame) + timeline.endOf(clock.frame)) / 2 - 0.75, 0, 1.5, CURVE_HEIGHT);
  }

  scale(context) {
    const ratio = this.canvas.width / Math.max(this.canvas.clientWidth, 1);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /** What does not change while the clock runs. */
  drawStill() {
    const still = Object.assign(document.createElement("canvas"), { width: this.canvas.width, height: this.canvas.height });
    const context = still.getContext("2d");
    this.scale(context);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const value of this.range) {
      context.fillStyle = this.colors.named("line");
      context.fillRect(LEFT, this.y(value), this.canvas.clientWidth, 1);
    }
    for (const [side, column] of this.chosen.columns) this.drawCurve(context, this.colors.side(side), column);
    context.fillStyle = this.colors.named("soft");
    this.range.forEach((value, end) => context.fillText(this.text(value), LEFT + 2, this.y(value) + (end ? -6 : 7)));
    return still;
  }

  drawCurve(context, color, column) {
    const { frames } = this.person;
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    context.beginPath();
    for (let row = 0; row < frames.length; row++) {
      const frame = frames.at(row);
      const x = (this.timeline.xOf(frame) + this.timeline.endOf(frame)) / 2, y = this.y(this.value(row, column));
      if (row && frames.at(row - 1) === frame - 1) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
    context.stroke();
  }
}
