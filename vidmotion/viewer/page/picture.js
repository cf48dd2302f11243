// The frame of the video with the people drawn over it, and nothing but the frame for the view of the film's camera.

const OMIT_BELOW = 0.2; // scores of 2D points
const FAINT_BELOW = 0.5;

/** The largest rectangle of the shape of the picture within a width and height. */
function fit([width, height], [outerWidth, outerHeight]) {
  const scale = Math.min(outerWidth / width, outerHeight / height);
  return {
    scale, x: (outerWidth - width * scale) / 2, y: (outerHeight - height * scale) / 2, width: width * scale,
    height: height * scale,
  };
}

/** Give a canvas the pixels of the screen; says whether its size has changed. */
function matchPixels(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.max(Math.round(canvas.clientWidth * ratio), 1);
  const height = Math.max(Math.round(canvas.clientHeight * ratio), 1);
  if (canvas.width === width && canvas.height === height) return false;
  Object.assign(canvas, { width, height });
  return true;
}

function drawFrame(context, rect, video, rotate) {
  if (!video || video.readyState < 2) return;
  context.save();
  context.translate(rect.x + rect.width / 2, rect.y + rect.height / 2);
  context.rotate(rotate * Math.PI / 180);
  const [width, height] = rotate % 180 ? [rect.height, rect.width] : [rect.width, rect.height];
  context.drawImage(video, -width / 2, -height / 2, width, height);
  context.restore();
}

class Picture {
  constructor(canvas, page, clock, colors) {
    Object.assign(this, { canvas, page, clock, colors });
    this.context = canvas.getContext("2d");
    this.overlay = "2d";
  }

  draw() {
    matchPixels(this.canvas);
    const { context, canvas, page, clock } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const rect = this.rect = fit(page.size, [canvas.width, canvas.height]);
    context.fillStyle = "#0d0d0d";
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
    drawFrame(context, rect, clock.hasVideo ? clock.video : null, page.rotate);
    if (this.overlay === "none") return;
    context.save();
    context.beginPath();
    context.rect(rect.x, rect.y, rect.width, rect.height);
    context.clip();
    for (const person of page.people) this.drawPerson(person, rect);
    context.restore();
  }

  /** Joints of a person in pixels of the scene, each with a score; null if the person is not there. */
  points(person) {
    const row = person.rowOf[this.clock.frame];
    if (row < 0 || !person.shown || (this.overlay === "3d" && !person.motion)) return null;
    const skeleton = this.overlay === "3d" ? person.motion.skeleton : this.page.points;
    const points = skeleton.joints.map((_, joint) => {
      if (this.overlay === "2d") {
        return { xy: [person.xy.at(row, joint * 2), person.xy.at(row, joint * 2 + 1)], score: person.score.at(row, joint) / 255 };
      }
      return { xy: person.project(row, person.joint(row, joint)), score: 1 };
    });
    return { skeleton, points, observed: person.observed.at(row) === 1 };
  }

  drawPerson(person, rect) {
    const found = this.points(person);
    if (!found) return;
    const { context } = this;
    const at = found.points.map(({ xy }) => [rect.x + xy[0] * rect.scale, rect.y + xy[1] * rect.scale]);
    const shown = found.points.map(({ score }) => score >= OMIT_BELOW);
    const ys = at.filter((_, joint) => shown[joint]).map((one) => one[1]);
    if (!ys.length) return;
    const width = Math.min(Math.max((Math.max(...ys) - Math.min(...ys)) / 90, 2), 8);
    context.lineCap = "round";
    context.setLineDash(found.observed ? [] : [width * 2, width * 2.5]);
    for (const [color, thickness] of [[() => "#0e1015", width + 2], [(side) => this.colors.bone(person, side), width]]) {
      for (const [a, b] of found.skeleton.bones) {
        if (!shown[a] || !shown[b]) continue;
        context.globalAlpha = Math.min(found.points[a].score, found.points[b].score) < FAINT_BELOW ? 0.45 : 1;
        context.strokeStyle = color(found.skeleton.sides[b]);
        context.lineWidth = thickness;
        context.beginPath();
        context.moveTo(...at[a]);
        context.lineTo(...at[b]);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
    const top = at.filter((_, joint) => shown[joint]).reduce((a, b) => (b[1] < a[1] ? b : a));
    this.drawId(person, top[0], Math.max(top[1] - width * 6, rect.y + 14));
  }

  drawId(person, x, y) {
    const { context } = this;
    context.font = `bold ${14 * Math.min(window.devicePixelRatio || 1, 2)}px system-ui, sans-serif`;
    const width = context.measureText(person.name).width + 12;
    context.fillStyle = this.colors.person(person);
    context.beginPath();
    context.roundRect(x - width / 2, y - 12, width, 22, 11);
    context.fill();
    context.fillStyle = inkOn(this.colors.person(person));
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(person.name, x, y);
  }
}
