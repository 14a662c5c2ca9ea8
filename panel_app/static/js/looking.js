/** Looks for codes in the live picture, by the browser's own detector where there is one, else by the server. */

import { jpegOf } from "./frames.js";
import { startMotion } from "./motion.js";
import { startPace } from "./pace.js";

// As often as a webcam has something new to show.
const LOOK_MS = 40;
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
    await sleep(LOOK_MS);
    if (!mayLook()) {
      // Whatever lies there when reading goes on is new.
      motion.forget();
    } else if (pace.isDue(performance.now(), motion.isSeen())) {
      pace.took(performance.now());
      motion.remember();
      const answer = await sendFrame(await jpegOf(video));
      pace.waitUntil(performance.now() + pauseAfter(answer));
    }
  }
}

async function detect({ video, mayLook, sendTexts, detector }) {
  let notBefore = 0;
  while (detector.works()) {
    await sleep(DETECT_MS);
    if (!mayLook() || performance.now() < notBefore) continue;
    const found = await detector.newIn(video);
    if (!found.length || !mayLook()) continue;
    const answer = await sendTexts(found);
    if (answer.outcome === "lost") detector.forget();
    notBefore = performance.now() + pauseAfter(answer);
  }
}

const pauseAfter = ({ outcome, waitMs }) => (outcome === "lost" ? AFTER_A_LOST_ANSWER_MS : waitMs);
