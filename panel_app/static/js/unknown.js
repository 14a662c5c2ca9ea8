/**
 * Finds out by its key what happened to a Confirm without an answer: the same request with the same key, then the
 * question by key, until there is an answer. Never makes a new key.
 */

import { send } from "./answers.js";
import * as attempt from "./attempt.js";
import * as screen from "./screen.js";

const PAUSE_MS = 2500;

/**
 * Stay in the state “unknown” until the outcome is known, then hand the answer to `answered`. Until the time
 * `sendsAgainUntil` (0: never) it sends the request again by itself; later the member may have gone, and a person must.
 */
export async function findOut({ answered, sendsAgainUntil }) {
  screen.showOwn("unknown");
  const wanted = waitForPress();
  for (;;) {
    const known = attempt.current();
    if (!known) return undefined;
    const fresh = Date.now() < sendsAgainUntil;
    const answer = fresh || wanted.sendAgain ? await sendAgain(known) : await ask(known);
    wanted.sendAgain = false;
    if (screen.state() !== "unknown") return undefined;
    if (answer.outcome === "signed-out" || isKnown(answer)) return answered(answer);
    screen.showLine(answer);
    showSendAgain(answer.outcome === "state");
    await wanted.pressOr(PAUSE_MS);
  }
}

function sendAgain({ key, url, body }) {
  const fields = new URLSearchParams(body);
  fields.set("key", key);
  return send(url, { body: fields });
}

function ask({ key }) {
  return send(document.body.dataset.outcomeUrl, { body: new URLSearchParams({ key }) });
}

/** “Still unknown” and “the first one is still under way” are no answers. */
function isKnown(answer) {
  if (answer.outcome !== "state" || answer.state === "unknown") return false;
  return !answer.html.includes('data-reason="key_in_use"');
}

function showSendAgain(offered) {
  const button = document.querySelector("#task [data-send-again]");
  if (button) button.hidden = !offered;
}

function waitForPress() {
  const wanted = { sendAgain: false, wake: () => {} };
  wanted.pressOr = (pause) => new Promise((resolve) => {
    wanted.wake = resolve;
    setTimeout(resolve, pause);
  });
  document.getElementById("task").addEventListener("click", function listen(event) {
    const button = event.target.closest("button");
    if (screen.state() !== "unknown") return this.removeEventListener("click", listen);
    if (button?.matches("[data-abandon]")) {
      attempt.forget();
      screen.showOwn("ready");
    }
    if (button?.matches("[data-send-again]")) wanted.sendAgain = true;
    if (button) wanted.wake();
    return undefined;
  });
  return wanted;
}
