/** A USB scanner types like a very fast person: tells its scans from a person's keys, and gives a field back what it had. */

import { giveBack, listenForBursts } from "./bursts.js";

export const LEAST_KEYS = 8;
export const MOST_MS_A_KEY = 60;

/** `scanned(text, textByPosition)` gets each scan; `pressed(key)` a single key that a person pressed outside a field. */
export function listenForScans({ scanned, pressed }) {
  listenForBursts({
    isScan,
    ended: (burst) => {
      if (isScan(burst)) {
        giveBack(burst.field);
        scanned(burst.keys, burst.positions);
      } else if (burst.count === 1 && !burst.field) {
        pressed(burst.keys);
      }
    },
  });
}

const isScan = ({ count, ms }) => count >= LEAST_KEYS && ms / (count - 1) <= MOST_MS_A_KEY;
