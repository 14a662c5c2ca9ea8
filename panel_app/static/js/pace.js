/** When the next frame may go: what is new at once, what rests seldom. Knows no picture and no clock. */

const IN_A_SECOND = 4;
const BETWEEN_MOVES_MS = 250;
// Three in a second: one of the four is left for what comes into view meanwhile.
const BETWEEN_LOOKS_MS = 334;
const AT_REST_MS = 1000;
// The server tries another way on each frame that it could not read: a code that lies still is to get them all.
const LOOKS_AFTER_A_MOVE = 6;

/** Moments are milliseconds of one clock, the caller's. */
export function startPace() {
  const taken = [];
  let notBefore = 0;
  let left = 0;
  // A frame that showed nothing new doesn't keep the first one that does waiting.
  let wasNew = false;

  return {
    isDue(now, isNew) {
      if (isNew) left = LOOKS_AFTER_A_MOVE;
      if (now < notBefore || (taken.length === IN_A_SECOND && now - taken[0] < 1000)) return false;
      const since = now - (taken.at(-1) ?? -Infinity);
      if (isNew) return !wasNew || since >= BETWEEN_MOVES_MS;
      return since >= (left > 0 ? BETWEEN_LOOKS_MS : AT_REST_MS);
    },
    took(now, isNew) {
      taken.push(now);
      if (taken.length > IN_A_SECOND) taken.shift();
      wasNew = isNew;
      left = Math.max(0, left - 1);
    },
    waitUntil(moment) {
      notBefore = moment;
    },
  };
}
