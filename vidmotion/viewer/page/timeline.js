// The timeline: for each person what was seen, filled in and missing, contacts and action tags; cuts; the loop; the clock.

const RULER = 16, SPAN = 9, CONTACT = 4, TAG = 15, GAP = 5, LEFT = 26; // pixels
const CONTACT_LINES = [["left", /^left_foot$/], ["right", /^right_foot$/], ["trunk", /hand|knee|pelvis/]];

class Timeline {
  constructor(canvas, page, clock, colors) {
    Object.assign(this, { canvas, page, clock, colors });
    const lines = CONTACT_LINES.map(([side, parts]) => [side, page.contacts.flatMap((part, i) => (parts.test(part) ? [i] : []))]);
    this.rows = page.people.map((person) => ({
      person, spans: person.spans(), contacts: lines.map(([side, parts]) => ({ side, runs: person.contactRuns(parts) })),
    }));
    const height = RULER + this.rows.reduce((sum, row) => sum + this.heightOf(row.person), 0);
    canvas.style.height = `${Math.max(height, 30)}px`;
    canvas.setAttribute("aria-label", `Timeline. ${this.rows.map(describe).join(" ")}`);
    const seek = (event) => { if (event.buttons) this.clock.goTo(this.frameAt(event.offsetX)); };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); seek(event); });
    canvas.addEventListener("pointermove", seek);
  }

  /** Where the parts of a person's row begin below its spans, and how high it is. */
  layout(person) {
    const tags = SPAN + (person.contacts ? CONTACT_LINES.length * CONTACT + 2 : 0);
    return { contacts: SPAN + 1, tags: tags + 2, height: tags + GAP + (person.actions.length ? TAG + 2 : 0) };
  }

  heightOf(person) { return this.layout(person).height; }

  /** Seconds at the left and the right end. */
  get range() {
    const { times, first, last } = this.clock;
    return [times[first], times[last] + this.clock.duration(last)];
  }

  x(time) {
    const [from, to] = this.range;
    return LEFT + (time - from) / Math.max(to - from, 1e-9) * (this.canvas.clientWidth - LEFT);
  }

  xOf(frame) { return this.x(this.clock.times[Math.min(frame, this.clock.last)]); }

  endOf(frame) { return this.x(this.clock.times[frame] + this.clock.duration(frame)); }

  frameAt(x) {
    const [from, to] = this.range;
    return this.clock.frameAt(from + (x - LEFT) / Math.max(this.canvas.clientWidth - LEFT, 1) * (to - from));
  }

  draw() {
    const { canvas, clock } = this;
    const ink = this.colors.named("ink");
    const key = `${canvas.clientWidth} ${this.colors.theme} ${this.page.people.map((p) => `${p.shown} ${this.colors.person(p)}`)}`;
    if (matchPixels(canvas) || key !== this.drawn) {
      this.drawn = key;
      this.still = this.drawStill();
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.still, 0, 0);
    this.scale(context);
    if (clock.loop.on) {
      context.fillStyle = this.colors.named("accent");
      context.fillRect(this.xOf(clock.loop.from), RULER - 4, this.endOf(clock.loop.to) - this.xOf(clock.loop.from), 3);
    }
    context.fillStyle = ink;
    const x = (this.xOf(clock.frame) + this.endOf(clock.frame)) / 2;
    context.fillRect(x - 0.75, 0, 1.5, canvas.clientHeight);
    context.beginPath();
    context.arc(x, 4, 4, 0, 7);
    context.fill();
  }

  scale(context) {
    const ratio = this.canvas.width / Math.max(this.canvas.clientWidth, 1);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /** What does not change while the clock runs. */
  drawStill() {
    const canvas = Object.assign(document.createElement("canvas"), { width: this.canvas.width, height: this.canvas.height });
    const context = canvas.getContext("2d");
    this.scale(context);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    this.drawRuler(context);
    let y = RULER;
    for (const row of this.rows) {
      this.drawRow(context, row, y);
      y += this.heightOf(row.person);
    }
    context.fillStyle = this.colors.named("ink");
    for (const cut of this.page.cuts) {
      if (cut <= this.clock.last) context.fillRect(this.xOf(cut) - 1, RULER - 3, 2, y);
    }
    return canvas;
  }

  drawRuler(context) {
    const [from, to] = this.range;
    const room = (this.canvas.clientWidth - LEFT) / 70;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200].find((one) => (to - from) / one <= room) ?? 36000;
    context.fillStyle = this.colors.named("soft");
    for (let mark = Math.ceil(from / step); mark * step < to; mark++) {
      const time = mark * step;
      context.fillRect(this.x(time), 0, 1, 5);
      context.fillText(clockText(time, step < 1 ? 1 : 0), this.x(time) + 4, 7);
    }
  }

  drawRow(context, { person, spans, contacts }, y) {
    const color = this.colors.person(person);
    context.globalAlpha = person.shown ? 1 : 0.3;
    context.fillStyle = this.colors.named("ink");
    context.fillText(person.name, 2, y + SPAN / 2, LEFT - 4);
    for (const { from, to, kind } of spans) {
      const x = this.xOf(from), width = Math.max(this.endOf(to) - x, 1);
      context.fillStyle = color;
      if (kind === "seen") context.fillRect(x, y, width, SPAN);
      else if (kind === "gap") for (let at = x; at < x + width; at += 4) context.fillRect(at, y + SPAN / 2 - 1, 2, 2);
      else this.hatch(context, x, y, width);
    }
    const below = this.layout(person);
    contacts.forEach(({ side, runs }, line) => {
      context.fillStyle = this.colors.side(side);
      for (const [from, to] of runs) {
        const x = this.xOf(from);
        context.fillRect(x, y + below.contacts + line * CONTACT, Math.max(this.endOf(to) - x, 1), CONTACT - 1);
      }
    });
    for (const { start, end, label, score } of person.actions) this.drawTag(context, start, end, label, score, color, y + below.tags);
    context.globalAlpha = 1;
  }

  hatch(context, x, y, width) {
    context.save();
    context.beginPath();
    context.rect(x, y, width, SPAN);
    context.clip();
    context.fillStyle = this.colors.named("sheet");
    context.fillRect(x, y, width, SPAN);
    context.strokeStyle = this.colors.named("ink");
    context.beginPath();
    for (let at = x - SPAN; at < x + width; at += 4) {
      context.moveTo(at, y + SPAN);
      context.lineTo(at + SPAN, y);
    }
    context.stroke();
    context.restore();
  }

  drawTag(context, start, end, label, score, color, y) {
    const [from, to] = this.range;
    const x = this.x(Math.max(start, from)), width = this.x(Math.min(end, to)) - x - 1;
    if (width <= 0) return;
    context.save();
    context.strokeStyle = color;
    context.strokeRect(x + 0.5, y + 0.5, width - 1, TAG - 2);
    context.beginPath();
    context.rect(x, y, width, TAG);
    context.clip();
    context.fillStyle = this.colors.named("ink");
    context.fillText(`${label} ${Math.round(score * 100)} %`, x + 4, y + TAG / 2);
    context.restore();
  }
}

/** Seconds as 0:07 or 1:02:03. */
function clockText(seconds, digits) {
  const whole = Math.floor(seconds), rest = (seconds - whole).toFixed(digits).slice(1);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.slice(parts[0] ? 0 : 1).map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":") + rest;
}

function describe({ person, spans, contacts }) {
  const text = spans.map(({ from, to, kind }) => `${kind} ${from} to ${to}`).slice(0, 20).join(", ");
  const tags = person.actions.map(({ label, start, end }) => `${label} ${start.toFixed(1)} to ${end.toFixed(1)} s`).slice(0, 20).join(", ");
  const feet = contacts.filter(({ side, runs }) => side !== "trunk" && runs.length)
    .map(({ side, runs }) => `${side} ${runs.slice(0, 20).map(([from, to]) => `${from} to ${to}`).join(", ")}`).join("; ");
  return `Person ${person.name}, frames: ${text}. ${feet && `Feet on the floor: ${feet}. `}${tags && `Actions: ${tags}.`}`;
}
