/** Whether the picture differs from the last one that was sent, by a thumbnail of it. Knows no code and no server. */

const WIDTH = 32;
const HEIGHT = 24;
// Grey levels by which a cell of the thumbnail must differ, and cells that must. Noise of a dim webcam stays below.
const LEVELS = 8;
const CELLS = 3;

export function startMotion(video) {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // Averages each cell instead of picking one pixel, so that noise cancels out.
  context.imageSmoothingQuality = "medium";
  let sent = null;
  let now = null;

  return {
    isSeen() {
      context.drawImage(video, 0, 0, WIDTH, HEIGHT);
      now = context.getImageData(0, 0, WIDTH, HEIGHT).data;
      return sent === null || cellsThatDiffer(sent, now) >= CELLS;
    },
    remember() {
      sent = now;
    },
    forget() {
      sent = null;
    },
  };
}

/** Green alone: it is most of what the eye calls brightness, and codes have no colour. */
function cellsThatDiffer(before, now) {
  let count = 0;
  for (let at = 1; at < now.length; at += 4) if (Math.abs(now[at] - before[at]) > LEVELS) count += 1;
  return count;
}
