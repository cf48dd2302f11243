// Puts the page together.

function openVideo(page) {
  if (!page.video) return null;
  const video = $("video");
  video.addEventListener("error", () => {
    $("notes").append(element("p", {}, `This browser cannot play ${page.video.name}; the people are shown without it.`));
  });
  if (page.video.href) video.src = page.video.href;
  else {
    const holder = document.getElementById(`data-${page.video.block}`);
    video.src = URL.createObjectURL(new Blob([bytesOf(page.video.block)], { type: page.video.type }));
    holder.remove(); // once is enough in memory
  }
  return video;
}

function openSpace(page, clock, colors) {
  try {
    return new Space($("stage"), page, clock, colors);
  } catch (error) {
    $("notes").append(element("p", {}, `The 3D view needs WebGL, which this browser does not give: ${error.message}`));
    return null;
  }
}

async function main() {
  const page = await readPage();
  const colors = new Colors(page);
  const clock = new Clock(page.times, page.first, page.media, openVideo(page));
  const picture = new Picture($("picture"), page, clock, colors);
  const space = openSpace(page, clock, colors);
  const timeline = new Timeline($("timeline"), page, clock, colors);
  const curves = new Curves($("curves"), page, clock, timeline, colors);
  const controls = new Controls(page, clock, picture, space, timeline, curves, colors);
  new ResizeObserver(() => controls.redraw()).observe(document.body);
  for (const id of ["picture", "stage", "timeline", "curves"]) new ResizeObserver(() => controls.redraw()).observe($(id));
  controls.update();
  window.vidmotion = { page, clock, picture, space, timeline, curves, colors, controls };
}

main().catch((error) => { $("notes").append(element("p", {}, `This page cannot be shown: ${error.message}`)); throw error; });
