/** Keeps the member's changing code fresh, its ring running and the screen awake. Makes no codes itself. */

import { sendForJson } from "./answers.js";

const card = document.querySelector("[data-code-url]");
const picture = card.querySelector("[data-code-svg]");
const typed = card.querySelector("[data-code-typed]");
const ring = card.querySelector("[data-ring]");
const stale = card.querySelector("[data-code-stale]");
const STEP_SECONDS = 30;
const RETRY_MS = 3000;
let endsAt = 0;

async function renew() {
  const code = await sendForJson(card.dataset.codeUrl, { method: "GET" });
  if (!code) return setTimeout(renew, RETRY_MS);
  picture.innerHTML = code.svg;
  typed.textContent = code.typed;
  endsAt = performance.now() + code.seconds_left * 1000;
  return setTimeout(renew, code.seconds_left * 1000);
}

function tick() {
  const seconds = Math.max(0, (endsAt - performance.now()) / 1000);
  ring.style.strokeDashoffset = String(100 - (100 * seconds) / STEP_SECONDS);
  // The step before is still good, so a code is called stale only a whole step later.
  const over = endsAt !== 0 && performance.now() > endsAt + STEP_SECONDS * 1000;
  stale.hidden = !over;
  card.classList.toggle("is-stale", over);
}

async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  // Not every browser has it, and a low battery refuses it: the code is shown all the same.
  await navigator.wakeLock?.request("screen").catch(() => {});
}

document.addEventListener("visibilitychange", stayAwake);
stayAwake();
renew();
setInterval(tick, 1000);
