// Colours: those of Okabe and Ito, which colour-blind people tell apart, and those of the theme.

const PALETTE = ["#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#d55e00", "#0072b2", "#f0e442"];
const CONFIDENCE = [[0, [213, 94, 0]], [0.5, [240, 228, 66]], [1, [0, 114, 178]]];

/** Black or white, whichever is easier to read on a colour #rrggbb. */
function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000000" : "#ffffff";
}

/** From vermilion (0) over yellow to blue (1). */
function confidenceColor(share) {
  const next = CONFIDENCE.findIndex(([at]) => at >= share);
  if (next <= 0) return `rgb(${CONFIDENCE[0][1]})`;
  const [[low, from], [high, to]] = [CONFIDENCE[next - 1], CONFIDENCE[next]];
  const part = (share - low) / (high - low);
  return `rgb(${from.map((value, i) => Math.round(value + (to[i] - value) * part))})`;
}

class Colors {
  /** A colour for each person, or for each of several motions. */
  constructor({ people, motions }) {
    this.several = motions.length > 1;
    this.people = new Map(people.map((person, index) => [person, PALETTE[(this.several ? person.take : index) % PALETTE.length]]));
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    this.setTheme(dark ? "dark" : "light");
  }

  setTheme(theme) {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
    const style = getComputedStyle(document.documentElement);
    this.named = (name) => style.getPropertyValue(`--${name}`).trim();
  }

  person(person) { return this.people.get(person); }

  /** Of bones over the video: left and right, or the motions. */
  bone(person, side) { return this.several ? this.person(person) : this.side(side); }

  side(side) { return this.named(side); }
}
