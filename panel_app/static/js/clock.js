/** The branch's clock: the server's time in the branch's zone, whatever this device believes. */

import { clockAhead } from "./answers.js";

export function startClock() {
  const { locale, timeZone } = document.body.dataset;
  const format = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit" });
  const clock = document.getElementById("clock");
  const tick = () => { clock.textContent = format.format(Date.now() + clockAhead); };
  tick();
  setInterval(tick, 1000);
}
