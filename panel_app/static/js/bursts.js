/**
 * Frames what a keyboard types into bursts: keys that follow each other closely, ended by Enter, Tab or silence. Keeps what the
 * keys said and where they lie, and the field that they went into. Never looks at a password or a PIN.
 */

import { byPosition } from "./positions.js";

export const SILENCE_MS = 120;
// A timer that comes later than this says that the page was busy, and that keys may still be waiting.
const LATE_MS = 15;
const GIVE_UP_MS = 1000;

/**
 * `isScan(burst)` judges one; its Enter does nothing else then. `ended(burst)` gets each burst: keys, positions, count,
 * ms (from the first key to the last), suffix (Enter, Tab, LineFeed or ""), and field (null outside one).
 * `trailed(suffix)` hears of a further end that follows a scan.
 */
export function listenForBursts({ isScan, ended, trailed = () => {}, silenceMs = SILENCE_MS }) {
  let burst = null;
  let timer = 0;
  let scannedAt = -Infinity;

  window.addEventListener("keydown", (event) => {
    if (event.isComposing || isSecret(event.target)) return undefined;
    const suffix = suffixOf(event);
    if (suffix) return end(event, suffix);
    if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
    return add(event);
  }, { capture: true });

  function add(event) {
    const position = byPosition(event);
    if (event.key.length !== 1 && position === "") return;
    // The keyboard's own time counts: on a busy page the handler runs late, and a burst must not fall apart.
    if (burst && event.timeStamp - burst.last > silenceMs) finish("");
    burst ??= { keys: "", positions: "", count: 0, first: event.timeStamp, field: fieldBefore(event.target) };
    burst.keys += event.key.length === 1 ? event.key : position;
    burst.positions += position || event.key;
    burst.count += 1;
    burst.last = event.timeStamp;
    burst.ms = burst.last - burst.first;
    // A space inside a scan must not press the focused button; a person's own space may.
    if (!burst.field && event.key === " " && burst.count > 1) event.preventDefault();
    waitForSilence(performance.now());
  }

  function waitForSilence(since) {
    clearTimeout(timer);
    const due = performance.now() + silenceMs;
    timer = setTimeout(() => {
      const now = performance.now();
      if (now - due > LATE_MS && now - since < GIVE_UP_MS) waitForSilence(since);
      else finish("");
    }, silenceMs);
  }

  function end(event, suffix) {
    const late = burst && event.timeStamp - burst.last > silenceMs;
    if (late) finish("");
    if (!burst) {
      // A scanner that ends with two keys means nothing by the second one.
      if (event.timeStamp - scannedAt > silenceMs) return;
      swallow(event);
      trailed(suffix);
    } else if (isScan(burst)) {
      scannedAt = event.timeStamp;
      swallow(event);
      finish(suffix);
    } else {
      // A person's “2, Enter” in one breath: the 2 counts before the Enter does.
      finish(suffix);
    }
  }

  function finish(suffix) {
    clearTimeout(timer);
    const done = burst;
    burst = null;
    if (done) ended({ ...done, suffix });
  }
}

/** Give the field back what it had before the burst went into it. */
export function giveBack(field) {
  if (!field) return;
  field.target.value = field.value;
  if (field.selection) field.target.setSelectionRange(...field.selection);
  field.target.dispatchEvent(new Event("input", { bubbles: true }));
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function suffixOf({ key, code, ctrlKey, altKey, metaKey }) {
  // A line feed arrives as Ctrl+J, which would open the browser's downloads.
  if (ctrlKey && !altKey && !metaKey && code === "KeyJ") return "LineFeed";
  return !ctrlKey && !altKey && !metaKey && (key === "Enter" || key === "Tab") ? key : "";
}

function isSecret(target) {
  return target.matches?.('[type="password"], [data-secret], [autocomplete="one-time-code"]') ?? false;
}

/** The text field under the keys as it was before the burst, or null. */
function fieldBefore(target) {
  if (!target.matches?.("input:not([type=radio], [type=checkbox], [type=file]), textarea, select")) return null;
  // A number field has no selection to keep, and asking for it raises.
  const selection = target.type === "number" || target.tagName === "SELECT" ? null : [target.selectionStart, target.selectionEnd];
  return { target, value: target.value, selection };
}
