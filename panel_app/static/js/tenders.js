/** Rows of a payment: add, remove, change and what is still due, for the eye only. The server decides whether it adds up. */

import { reader } from "./money.js";

export function startTenders(root) {
  const form = root.querySelector("form[data-tenders]");
  const rows = form?.querySelector("[data-rows]");
  if (!rows) return;
  const money = reader({ amount: form.dataset.dueAmount, shown: form.dataset.dueShown });
  const due = Number(form.dataset.due);
  let next = rows.children.length;
  const update = () => showSums(form, rows, due, money);

  form.querySelector("[data-add-tender]").addEventListener("click", () => {
    const row = form.querySelector("template[data-row]").content.cloneNode(true);
    for (const element of row.querySelectorAll("[id], [name], [for]")) number(element, next);
    next += 1;
    row.querySelector('[name$="-amount"]').value = money.plain(Math.max(0, due - sum(rows, money)));
    const unused = [...row.querySelectorAll('[type="radio"]')].find(({ value }) => !isUsed(rows, value));
    if (unused) unused.checked = true;
    rows.append(row);
    update();
    rows.lastElementChild.querySelector('[name$="-amount"]').focus();
  });
  rows.addEventListener("click", (event) => {
    if (!event.target.closest("[data-remove-tender]")) return;
    event.target.closest(".tender").remove();
    update();
  });
  form.addEventListener("input", update);
  update();
}

function number(element, index) {
  for (const name of ["id", "name", "for"]) {
    const value = element.getAttribute(name);
    if (value) element.setAttribute(name, value.replace("NEXT", String(index)));
  }
}

const isUsed = (rows, type) => [...rows.querySelectorAll(":checked")].some(({ value }) => value === type);
const amountOf = (row, name, money) => money.read(row.querySelector(`[name$="-${name}"]`).value);
const sum = (rows, money) => [...rows.children].reduce((total, row) => total + (amountOf(row, "amount", money) || 0), 0);

function showSums(form, rows, due, money) {
  for (const row of rows.children) {
    const cash = row.querySelector(":checked").value === "cash";
    row.dataset.type = row.querySelector(":checked").value;
    // A disabled field is not sent: what stands in a hidden one does not count.
    row.querySelector('[name$="-given"]').disabled = !cash;
    row.querySelector('[name$="-reference"]').disabled = cash;
    const change = amountOf(row, "given", money) - amountOf(row, "amount", money);
    row.querySelector("[data-change]").textContent = change >= 0 ? money.shown(change) : "–";
  }
  const left = due - sum(rows, money);
  const which = left === 0 ? "right" : left > 0 ? "due" : "over";
  for (const label of form.querySelectorAll("[data-sum]")) label.hidden = label.dataset.sum !== which;
  form.querySelector(".still-due").classList.toggle("is-right", left === 0);
  form.querySelector("[data-still-due]").textContent = left === 0 ? "" : money.shown(Math.abs(left));
}
