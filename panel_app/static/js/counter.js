/** The counter's conversation: a form or a code goes to the server, its answer is the next state. Decides nothing itself. */

import { NO_ANSWER, send } from "./answers.js";
import * as attempt from "./attempt.js";
import { keepAwake } from "./awake.js";
import { startCamera } from "./camera.js";
import { startClock } from "./clock.js";
import { startKeys } from "./keys.js";
import * as screen from "./screen.js";
import { play } from "./sounds.js";
import { findOut } from "./unknown.js";
import { listenForScans } from "./wedge.js";

const urls = document.body.dataset;
const SCANNING = new Set(["ready", "done", "refused", "member", "already-done", "booking"]);
let busy = false;
const SENDS_AGAIN_FOR_MS = 30_000;
const NOTICE = { wait: "slow", "too-large": "photo-too-large" };
const ASKS_AGAIN_AFTER_MS = 5000;
let askingAgain = 0;
let isUnseen = false;
// The same phone still lies under the camera: people must see DONE before anything takes its place.
const DONE_IS_SEEN_AFTER_MS = 2000;
const mayScan = () => !busy && SCANNING.has(screen.state()) && !document.querySelector("dialog[open]");
const mayTakeFrame = () => mayScan() && (screen.state() !== "done" || screen.shownFor() > DONE_IS_SEEN_AFTER_MS);
const visit = () => document.querySelector("#task [data-visit]")?.dataset.visit ?? "";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-act]")) return;
  event.preventDefault();
  // An undo stands beside the task: its answer must not take the place of something unfinished.
  if (form.matches("[data-undo-for]") && !mayScan()) screen.notice("finish-first");
  else if (!busy) submit(form);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-photo]") && event.target.files.length && !busy) photographed(event.target);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-to-ready]")) screen.showOwn("ready");
  if (button.matches("[data-shows]")) screen.showOwn(button.dataset.shows);
  if (button.matches("[data-opens]")) document.getElementById(button.dataset.opens).showModal();
  if (button.matches("[data-closes]")) button.closest("dialog").close();
});

async function submit(form) {
  const url = form.getAttribute("action");
  const data = new FormData(form);
  const kind = form.dataset.keyed;
  // A product's EAN that is typed belongs to the member on the screen.
  if (form.matches(".typed-code")) data.set("visit_id", visit());
  if (kind) data.set("key", attempt.begin(kind, url, withoutKey(data)).key);
  busy = true;
  screen.setBusy(form, true);
  const answer = await send(url, { body: new URLSearchParams(data) });
  busy = false;
  screen.setBusy(form, false);
  if (form.matches(".typed-code")) form.reset();
  if (answer.outcome === "lost" && attempt.current()?.phase === "sent" && kind) {
    return findOut({ answered, sendsAgainUntil: Date.now() + SENDS_AGAIN_FOR_MS });
  }
  return answered(answer);
}

/** The body of a keyed form as it is kept for a retry: without the key, and without the token of this page. */
function withoutKey(data) {
  const fields = new URLSearchParams(data);
  fields.delete("key");
  fields.delete("csrf_token");
  return fields.toString();
}

async function sendCode(fields) {
  busy = true;
  screen.setBusy(null, true);
  const answer = await send(urls.codesUrl, { body: new URLSearchParams(fields) });
  busy = false;
  screen.setBusy(null, false);
  answered(answer);
}

const sendFrame = (jpeg) => look((isAnew) => send(urls.framesUrl, { body: jpeg, type: "image/jpeg", visit: visit(), isAnew }));

/** What the browser's own detector found: [{format, rawValue}], at least one. */
function sendTexts(found) {
  const fields = new URLSearchParams({ mode: "camera", visit_id: visit() });
  for (const { format, rawValue } of found) {
    fields.append("text", rawValue);
    fields.append("format", format);
  }
  return look((isAnew) => send(urls.codesUrl, { body: fields, isAnew }));
}

async function photographed(input) {
  busy = true;
  // Few counters ever choose one: its modules are loaded with the first.
  const lost = () => NO_ANSWER;
  const answer = await import("./photo.js").then(({ sendPhoto }) => sendPhoto(input.files[0], input.form.action, visit()), lost);
  busy = false;
  // The same photo can be chosen again.
  input.value = "";
  answered(answer);
}

/**
 * A picture's answer counts only while the state that it was taken in is still on the screen. The server tells of a code
 * once while it lies there: of one whose answer was lost, or came too late, it is asked anew.
 */
async function look(ask) {
  const before = screen.generation;
  const answer = await ask(isUnseen);
  const isLate = before !== screen.generation || !mayScan();
  if (answer.outcome !== "wait") isUnseen = answer.outcome === "lost" || (isLate && answer.outcome === "state");
  if (!isLate && !isSeenAlready(answer)) answered(answer, { quiet: true });
  return answer;
}

/** A bad code that stays in view is refused once; the member on the screen isn't opened anew with each new code. */
function isSeenAlready({ html = "" }) {
  const member = document.querySelector("#task [data-member]")?.dataset.member;
  if (member) return html.includes(`data-member="${member}"`);
  return screen.state() === "refused" && html === screen.lastShown;
}

function answered(answer, { quiet = false } = {}) {
  if (answer.outcome === "signed-out") return location.reload();
  noteLine(answer);
  if (!quiet && NOTICE[answer.outcome]) screen.notice(NOTICE[answer.outcome]);
  if (answer.outcome !== "state") return undefined;
  try {
    screen.show(answer.html, answer.state ?? "ready");
  } finally {
    // The key must be right even if something that only decorates the screen fails.
    remember();
  }
  return ["done", "refused", "ready", "booking"].includes(screen.state()) ? refreshOutcomes() : undefined;
}

/** What the answer means for the key: held points go on with it, any other answer ends it. */
function remember() {
  const now = screen.state();
  const reason = document.querySelector("#task [data-reason]")?.dataset.reason;
  // Neither says what became of it; whoever signs in again asks on by the same key.
  if (reason === "key_in_use" || now === "locked") return;
  if (now === "amount-due") {
    const held = attempt.current()?.phase === "accepting";
    if (held) attempt.accepted();
    else attempt.forget();
  } else if (now !== "unknown") {
    attempt.forget();
  }
}

/** While there is no answer the page asks by itself: nobody would scan to find out whether it goes on. */
function noteLine(answer) {
  screen.showLine(answer);
  clearTimeout(askingAgain);
  if (answer.outcome === "lost") askingAgain = setTimeout(askAgain, ASKS_AGAIN_AFTER_MS);
}

async function askAgain() {
  const answer = await refreshOutcomes();
  if (answer.state === "locked" || answer.outcome === "signed-out") answered(answer);
}

async function refreshOutcomes() {
  const answer = await send(urls.outcomesUrl);
  noteLine(answer);
  if (answer.state === "outcomes") document.getElementById("outcomes").innerHTML = answer.html;
  letUndoLapse();
  return answer;
}

/** The minute for an undo ends while the page stands still. */
function letUndoLapse() {
  for (const form of document.querySelectorAll("[data-undo-for]")) {
    setTimeout(() => form.remove(), Number(form.dataset.undoFor) * 1000);
  }
}

function scanned(text, textByPosition) {
  if (mayScan()) return sendCode({ mode: "wedge", visit_id: visit(), text, text_by_position: textByPosition });
  play("attention");
  return screen.notice("finish-first");
}

window.addEventListener("offline", () => noteLine(NO_ANSWER));
window.addEventListener("online", askAgain);
screen.enter(screen.state());
startClock();
letUndoLapse();
const pressed = startKeys({ nextCamera: () => camera.next() });
listenForScans({ scanned, pressed });
const camera = startCamera({ mayScan: mayTakeFrame, sendFrame, sendTexts });
keepAwake();
// The page was reloaded between Confirm and its answer: nobody knows yet what happened.
if (attempt.current()?.phase === "sent") findOut({ answered, sendsAgainUntil: 0 });
else if (screen.state() !== "amount-due") attempt.forget();
