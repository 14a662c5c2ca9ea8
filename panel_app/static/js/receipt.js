/** Prints the receipt, on an 80 mm roll or on A4; at once when the address asks for it. */

for (const paper of document.querySelectorAll('[name="paper"]')) {
  paper.addEventListener("change", () => { document.body.dataset.paper = paper.value; });
}
document.querySelector("[data-print-now]").addEventListener("click", () => window.print());
if (location.hash === "#print") window.addEventListener("load", () => window.print());
