// SPDX-License-Identifier: MIT
/* Filter, search and sort of the list of findings, which is in the page already. Nothing is made from text of the
 * report but text, and nothing is loaded. */
"use strict";

(() => {
  const form = document.getElementById("controls");
  const list = document.getElementById("list");
  if (!form || !list)
    return;

  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const severities = ["note", "warning", "error"];

  const column = (item, name) => {
    const found = item.querySelector(name);
    return found ? found.textContent : "";
  };

  /* Rows keep the order of the report, which is by severity, in number. */
  const rows = Array.from(list.children, (item, number) => ({
    item,
    number,
    severity: column(item, ".s"),
    kind: column(item, ".w b"),
    module: column(item, ".m"),
    place: column(item, ".p"),
    times: parseInt(column(item, ".n"), 10),
    text: null,
  }));

  const contains = (row, words) => {
    if (words.length === 0)
      return true;
    if (row.text === null)
      row.text = row.item.textContent.toLowerCase();
    return words.every((word) => row.text.includes(word));
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const wanted = new Set(severities.filter((name) => form.querySelector(`[value=${name}]`).checked));
    const { kind, module } = form.elements;
    let count = 0;

    for (const row of rows) {
      const good = wanted.has(row.severity) && (kind.value === "" || kind.value === row.kind) &&
        (module.value === "" || module.value === row.module) && contains(row, words);
      if (row.item.hidden === good)
        row.item.hidden = !good;
      count += good;
    }
    shown.textContent = `${count} of ${rows.length} finding${rows.length === 1 ? "" : "s"}`;
  };

  const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  const orders = {
    severity: () => 0,
    module: (one, other) => compare(one.module, other.module),
    kind: (one, other) => compare(one.kind, other.kind),
    place: (one, other) => compare(one.place, other.place),
    times: (one, other) => other.times - one.times,
  };

  const sort = () => {
    const order = orders[form.elements.sort.value];
    const sorted = rows.slice().sort((one, other) => order(one, other) || one.number - other.number);

    list.append(...sorted.map((row) => row.item));
  };

  const fill = (select, name) => {
    for (const value of Array.from(new Set(rows.map((row) => row[name]))).sort(compare))
      select.append(new Option(value, value));
  };

  fill(form.elements.kind, "kind");
  fill(form.elements.module, "module");
  form.addEventListener("input", (event) => (event.target.id === "sort" ? sort() : filter()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
