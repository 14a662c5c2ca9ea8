/** Seconds that run down on the screen, and the renewal of a hold while its page is open. The server's clock decides. */

import { sendForJson } from "./answers.js";

const RENEW_MS = 45_000;
let timers = [];

/** Start every [data-countdown] in `root` and stop those of the state before; `leave` when a visit is over. */
export function startCountdowns(root, leave) {
  timers.forEach(clearInterval);
  timers = [];
  for (const element of root.querySelectorAll("[data-countdown]")) start(element, leave);
}

function start(element, leave) {
  let endsAt = performance.now() + Number(element.dataset.countdown) * 1000;
  const left = element.querySelector("[data-left]");
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const over = seconds === 0;
    const note = element.parentElement.querySelector("[data-ran-out]");
    if (note) {
      note.hidden = !over;
      element.hidden = over;
    } else if (over && element.dataset.atZero === "ready") {
      leave();
    }
  };
  tick();
  timers.push(setInterval(tick, 500));
  const { renewUrl } = element.dataset;
  if (!renewUrl) return;
  timers.push(setInterval(async () => {
    if (document.hidden) return;
    const renewed = await sendForJson(renewUrl);
    if (renewed) endsAt = performance.now() + renewed.seconds_left * 1000;
  }, RENEW_MS));
}
