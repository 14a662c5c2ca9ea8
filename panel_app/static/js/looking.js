/** Looks for codes in the live picture, by the browser's own detector where there is one, else by the server. */

import { jpegOf } from "./frames.js";
import { startMotion } from "./motion.js";
import { startPace } from "./pace.js";

// For a browser that doesn't say when the camera has a new picture, and for a camera that has none.
const WITHOUT_WORD_MS = 40;
const WITHOUT_PICTURE_MS = 500;
const DETECT_MS = 100;
const AFTER_A_LOST_ANSWER_MS = 2000;

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export async function startLooking({ video, mayLook, sendFrame, sendTexts }) {
  // Most counters have none: its module is loaded only where it is of use.
  const detector = globalThis.BarcodeDetector ? await (await import("./detector.js")).makeDetector() : null;
  if (detector) await detect({ video, mayLook, sendTexts, detector });
  // There is no detector, or it gave up.
  await takeFrames({ video, mayLook, sendFrame });
}

/** One frame in flight; how soon the next one follows is the pace's and the server's to say. */
async function takeFrames({ video, mayLook, sendFrame }) {
  const pace = startPace();
  const motion = startMotion(video);
  for (;;) {
    await nextPicture(video);
    if (!mayLook()) {
      // Whatever lies there when reading goes on is new.
      motion.forget();
      continue;
    }
    const isNew = motion.isSeen();
    if (pace.isDue(performance.now(), isNew)) {
      pace.took(performance.now(), isNew);
      motion.remember();
      const answer = await sendFrame(jpegOf(video));
      pace.waitUntil(performance.now() + pauseAfter(answer));
    }
  }
}

/** At once when there is one: a timer of our own would let it wait. False where the camera gave none. */
function nextPicture(video) {
  if (!video.requestVideoFrameCallback) return sleep(WITHOUT_WORD_MS).then(() => true);
  return new Promise((resolve) => {
    const asked = video.requestVideoFrameCallback(() => { clearTimeout(timer); resolve(true); });
    const timer = setTimeout(() => { video.cancelVideoFrameCallback(asked); resolve(false); }, WITHOUT_PICTURE_MS);
  });
}

async function detect({ video, mayLook, sendTexts, detector }) {
  let notBefore = 0;
  while (detector.works()) {
    await sleep(DETECT_MS);
    // Two equal reads of a bar code are of two pictures: a dim camera gives fewer than there are looks.
    if (!await nextPicture(video)) continue;
    if (!mayLook() || performance.now() < notBefore) continue;
    const found = await detector.newIn(video);
    if (!found.length || !mayLook()) continue;
    const answer = await sendTexts(found);
    if (answer.outcome === "lost") detector.forget();
    notBefore = performance.now() + pauseAfter(answer);
  }
}

const pauseAfter = ({ outcome, waitMs }) => (outcome === "lost" ? AFTER_A_LOST_ANSWER_MS : waitMs);
