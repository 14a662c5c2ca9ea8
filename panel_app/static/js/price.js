/** What the chosen price and number of units come to, for the eye; the sums themselves were made by the server. */

import { grouped } from "./money.js";
import { showSlides } from "./slide.js";

export function startPrice(root) {
  const claim = root.querySelector("form[data-units]");
  if (claim) claim.addEventListener("change", () => showClaim(claim));
  const price = root.querySelector("form[data-price]");
  if (!price) return;
  const units = price.querySelector("#units");
  for (const button of price.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      units.value = Math.min(Number(units.max), Math.max(1, Number(units.value) + Number(button.dataset.step)));
      showBalance(price, units);
    });
  }
  price.addEventListener("input", () => showBalance(price, units));
  showBalance(price, units);
}

/** A claim with something due goes to the payment; one with nothing due is confirmed at once. */
function showClaim(form) {
  const chosen = form.querySelector('[name="units"]:checked');
  if (!chosen) return;
  const free = chosen.dataset.free === "yes";
  form.action = free ? form.dataset.atOnceUrl : form.dataset.reserveUrl;
  form.dataset.keyed = free ? "at-once" : "accept";
  form.querySelector("[data-due-now]").textContent = chosen.dataset.due;
  form.querySelector("[data-when-free]").hidden = !free;
  form.querySelector("[data-when-due]").hidden = free;
  form.querySelector(".due").classList.toggle("due-nothing", free);
}

function showBalance(form, units) {
  const available = Number(form.dataset.available);
  const each = Number(form.querySelector('[name="option_id"]:checked')?.dataset.points ?? 0);
  const points = showSlides(form, Number(units.value), available) ?? each * Number(units.value);
  const after = available - points;
  form.querySelector("[data-balance-after]").textContent = Number.isNaN(after) ? "–" : grouped(after, form.dataset.thousand);
  form.querySelector("[data-primary]").disabled = !(after >= 0) || !form.querySelector(":checked");
}
