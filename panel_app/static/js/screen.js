/** Puts a state's fragment on the screen: colour, focus, sound, live parts, and when it leaves by itself. Sends nothing. */

import { startCountdowns } from "./countdown.js";
import { startFilter } from "./filter.js";
import { startPrice } from "./price.js";
import { play } from "./sounds.js";
import { startTenders } from "./tenders.js";

const task = document.getElementById("task");
const SOUND = {
  done: "done", refused: "refused", attention: "attention", locked: "attention", unknown: "attention", "already-done": "attention",
  claim: "read", member: "read", price: "read", "amount-due": "read", booking: "read",
};
let leaving = 0;
let shownAt = performance.now();
/** Grows with every change of state, so that a late answer can see that it is late. */
export let generation = 0;
export let lastShown = "";

export const state = () => document.body.dataset.state;
export const shownFor = () => performance.now() - shownAt;

/** Show the fragment; its root says which state it is, `fallback` counts when it doesn't. */
export function show(html, fallback) {
  task.innerHTML = html;
  lastShown = html;
  const name = task.querySelector("[data-state]")?.dataset.state ?? fallback.replaceAll("_", "-");
  enter(name);
  const sound = SOUND[name];
  if (sound) play(sound);
  const heading = task.querySelector("h1");
  heading?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** Show a state that the page brought with it: ready, unknown. */
export function showOwn(name) {
  show(document.getElementById(`${name}-state`).innerHTML, name);
}

/** Make what is in #task live: after show(), and for the state that the page was loaded with. */
export function enter(name) {
  generation += 1;
  shownAt = performance.now();
  document.body.dataset.state = name;
  task.dataset.state = name;
  startCountdowns(task, () => showOwn("ready"));
  startTenders(task);
  startPrice(task);
  startFilter(task);
  clearTimeout(leaving);
  const seconds = Number(task.querySelector("[data-leave-after]")?.dataset.leaveAfter);
  if (seconds) leaving = setTimeout(() => showOwn("ready"), seconds * 1000);
}

/** The line to the server: up, or why it gave no answer: none, fault, foreign. */
export function showLine({ outcome, why }) {
  const line = outcome === "lost" ? why : "up";
  for (const words of document.querySelectorAll("[data-line]")) words.hidden = !words.dataset.line.split(" ").includes(line);
}

/** While the server is asked: nothing in the form can be pressed twice. */
export function setBusy(form, busy) {
  document.getElementById("busy").hidden = !busy;
  for (const button of form?.querySelectorAll("button") ?? []) button.disabled = busy;
}

/** A line that says why nothing happened; it goes by itself. */
export function notice(name) {
  const line = document.querySelector(`[data-notice="${name}"]`);
  line.hidden = false;
  setTimeout(() => { line.hidden = true; }, 4000);
}
