/** Keys of a person: each presses something that is on the screen. Scanners' keys never come here. */

import { shownFor } from "./screen.js";

const task = document.getElementById("task");
const help = document.getElementById("help");
// The Enter that accepted a price must not confirm it too.
const ARMED_AFTER_MS = 400;

/** Gives the function for single characters, which arrive once it is sure that they are no scan. */
export function startKeys({ nextCamera }) {
  const named = {
    Enter: (event) => pressPrimary(event),
    Escape: () => press("[data-secondary]"),
    F2: find, F4: nextCamera, F6: () => document.getElementById("typed-code").focus(),
    F8: () => (task.querySelector("[data-print]") ?? document.querySelector("[data-reprint]"))?.click(),
    ArrowDown: (event) => step(event, 1), ArrowUp: (event) => step(event, -1),
  };
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.ctrlKey || event.altKey || event.metaKey) return;
    const action = named[event.key];
    if (!action) return;
    if (/^F\d$/.test(event.key)) event.preventDefault();
    action(event);
  });
  document.querySelector("[data-help]").addEventListener("click", () => help.showModal());
  return (key) => {
    if (document.querySelector("dialog[open]")) return;
    if (key === "/") find();
    if (key === "?") help.showModal();
    if (/^[1-9]$/.test(key) && !press(`[data-digit="${key}"]:not(:disabled)`)) typeGiven(key);
  };
}

function press(selector) {
  const found = task.querySelector(selector);
  found?.click();
  return Boolean(found);
}

/** Where the cash is taken, a digit begins what the member gave: no Tab before it. */
function typeGiven(digit) {
  const given = [...task.querySelectorAll('[name$="-given"]')].find((field) => field.offsetParent && !field.value);
  if (!given) return;
  given.focus();
  given.value = digit;
  given.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Enter on a link, a button or in a field already has its own meaning there. */
function pressPrimary(event) {
  if (event.repeat || event.target.closest("a, button, summary, input:not([type=radio]), select, textarea")) {
    if (event.repeat) event.preventDefault();
    return;
  }
  event.preventDefault();
  if (shownFor() > ARMED_AFTER_MS) press("[data-primary]:not(:disabled)");
}

function find() {
  task.querySelector("[data-filter]")?.focus();
}

/** Up and down walk through a list of choices; fields keep their own arrows. */
function step(event, by) {
  const picks = [...task.querySelectorAll("button.pick-button")].filter((pick) => pick.offsetParent);
  if (!picks.length || event.target.matches("select, textarea, input[type=radio], input[type=number]")) return;
  event.preventDefault();
  const at = picks.indexOf(document.activeElement);
  picks[at < 0 ? (by > 0 ? 0 : picks.length - 1) : (at + by + picks.length) % picks.length].focus();
}
