/** When the next frame may go: at once when something moved, seldom while all is at rest. Knows no picture and no clock. */

const BETWEEN_MOVES_MS = 250;
const AT_REST_MS = 1000;
const IN_A_SECOND = 4;
// The server tries another way on each frame that it could not read: a code that lies still is to get them all.
const LOOKS_AFTER_A_MOVE = 6;

/** Moments are milliseconds of one clock, the caller's. */
export function startPace() {
  const taken = [];
  let notBefore = 0;
  let left = 0;
  // A frame taken at rest doesn't keep the first one that shows something new waiting.
  let wasAtRest = true;

  return {
    isDue(now, hasMoved) {
      if (hasMoved) left = LOOKS_AFTER_A_MOVE;
      if (now < notBefore || (taken.length === IN_A_SECOND && now - taken[0] < 1000)) return false;
      const since = now - (taken.at(-1) ?? -Infinity);
      if (left > 0) return wasAtRest || since >= BETWEEN_MOVES_MS;
      return since >= AT_REST_MS;
    },
    took(now) {
      taken.push(now);
      if (taken.length > IN_A_SECOND) taken.shift();
      wasAtRest = left === 0;
      left = Math.max(0, left - 1);
    },
    waitUntil(moment) {
      notBefore = moment;
    },
  };
}
