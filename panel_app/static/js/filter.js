/** Narrows the list of rewards to a name or an EAN while it is typed. */

export function startFilter(root) {
  const box = root.querySelector("[data-filter]");
  if (!box) return;
  const rows = [...root.querySelectorAll("[data-filtered] > li")];
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.dataset.filterText.includes(wanted);
    root.querySelector("[data-nothing-found]").hidden = rows.some((row) => !row.hidden);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    rows.find((row) => !row.hidden)?.querySelector("button").click();
  });
}
