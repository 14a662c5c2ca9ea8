/** Says in words what the scanner in hand does right, and what to change on it. Sends nothing. */

import { giveBack, listenForBursts } from "./bursts.js";
import { LEAST_KEYS, MOST_MS_A_KEY } from "./wedge.js";

const page = document.getElementById("task");
const expected = page.dataset.testCode;
// A slow scanner must be heard to its end, to be told that it is slow.
const PATIENCE_MS = 600;
// Slower than this leaves no room for a busy computer.
const GOOD_MS_A_KEY = 40;

let sawLineFeed = false;

listenForBursts({
  silenceMs: PATIENCE_MS,
  isScan: ({ count }) => count >= LEAST_KEYS,
  ended: (burst) => {
    giveBack(burst.field);
    if (burst.count < LEAST_KEYS) return;
    sawLineFeed = burst.suffix === "LineFeed";
    report(burst);
  },
  trailed: (suffix) => {
    if (suffix === "LineFeed" && !sawLineFeed) show("end", "line-feed");
  },
});
showResult("waiting");
document.querySelector("[data-print-now]").addEventListener("click", () => window.print());

function report({ keys, positions, count, ms, suffix }) {
  const pace = ms / (count - 1);
  const text = textVerdict(keys, positions);
  const speed = pace <= GOOD_MS_A_KEY ? "good" : pace <= MOST_MS_A_KEY ? "near" : "slow";
  const end = { Enter: "enter", Tab: "tab", LineFeed: "line-feed" }[suffix] ?? "none";
  show("text", text);
  show("speed", speed);
  show("end", end);
  for (const number of page.querySelectorAll("[data-pace]")) number.textContent = Math.round(pace);
  for (const shown of page.querySelectorAll("[data-read]")) shown.textContent = keys;
  const works = speed !== "slow" && !["other", "around"].includes(text);
  showResult(works ? "works" : "fails");
}

/** right, by-place, caps-lock, around (something more than the code), or other. */
function textVerdict(keys, positions) {
  if (keys === expected) return "right";
  if (keys.toUpperCase() === expected) return "caps-lock";
  if (positions === expected) return "by-place";
  const readings = [keys, positions, keys.toUpperCase()];
  return readings.some((reading) => reading.includes(expected)) ? "around" : "other";
}

function showResult(result) {
  for (const line of page.querySelectorAll("[data-result]")) line.hidden = line.dataset.result !== result;
}

function show(about, verdict) {
  for (const line of page.querySelectorAll(`[data-about="${about}"] [data-verdict]`)) line.hidden = line.dataset.verdict !== verdict;
}
