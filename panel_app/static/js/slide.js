/** A sliding price: the cash that goes with the points typed, for the eye; the server makes the sum that counts. */

import { reader } from "./money.js";

const PER_MILLION = 1_000_000n;

/** Fits every slide to the number of units, and gives the points that the chosen option takes; null for a fixed price. */
export function showSlides(form, units, available) {
  let taken = null;
  for (const slide of form.querySelectorAll("[data-slide]")) {
    const points = slide.querySelector("input");
    fit(points, slide.dataset, units, available);
    slide.querySelector("[data-slide-cash]").textContent = cashFor(slide.dataset, Number(points.value), units);
    const chosen = form.querySelector(`[name="option_id"][value="${slide.dataset.slide}"]`).checked;
    points.disabled = !chosen;
    if (chosen) taken = points.validity.valid ? Number(points.value) : NaN;
  }
  return taken;
}

/** For other units the bounds move, and what was not typed by hand goes with them: as many points as there are. */
function fit(points, { full, least }, units, available) {
  if (points.dataset.units === String(units)) return;
  points.dataset.units = String(units);
  points.min = Number(least) * units;
  points.max = Number(full) * units;
  points.value = Math.max(points.min, Math.min(points.max, available));
}

function cashFor({ full, perMillion, amount, shown }, points, units) {
  if (!Number.isSafeInteger(points)) return "";
  const rest = BigInt(Number(full) * units - points) * BigInt(perMillion);
  const cash = rest > 0n ? (rest + PER_MILLION - 1n) / PER_MILLION : 0n;
  return reader({ amount, shown }).shown(String(cash));
}
