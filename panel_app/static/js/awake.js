/** Keeps the screen lit while the counter is looked at. Where that can't be had, the device's own setting counts. */

let lock = null;

export function keepAwake() {
  if (!navigator.wakeLock) return;
  document.addEventListener("visibilitychange", ask);
  ask();
}

/** A browser takes the lock back whenever the page is hidden. */
async function ask() {
  if (document.hidden || (lock && !lock.released)) return;
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    // Refused to save the battery: the screen goes dark when the device wants it to.
    lock = null;
  }
}
