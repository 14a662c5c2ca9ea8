/** Gives each claim its key, made when the page is shown, and sends a form once however often it is pressed. */

import { newKey } from "./attempt.js";

const forms = document.querySelectorAll("form[data-claim]");

for (const form of forms) {
  form.addEventListener("submit", () => { form.querySelector("button").disabled = true; });
}
// Also after “back”: the page comes from the browser's memory, and what it sends next is a new claim.
window.addEventListener("pageshow", () => {
  for (const form of forms) {
    form.elements.key.value = newKey();
    form.querySelector("button").disabled = !form.querySelector(":checked");
  }
});
