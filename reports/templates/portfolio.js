// Sorts and filters the table of all accounts. Without it the table is complete, in the order of attention.
(() => {
  "use strict";
  const STEP = 100;
  const section = document.getElementById("accounts");
  const table = section.querySelector("table");
  if (!table) return;
  const form = section.querySelector("form");
  const summary = section.querySelector("output");
  const [showMore, showAll] = section.querySelectorAll(".more button");
  const body = table.tBodies[0];
  const headers = [...table.tHead.rows[0].cells];
  const marks = [...document.querySelectorAll(".plot [data-m]")];
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const rows = [...body.rows].map((row, place) => ({
    row, place, findings: row.dataset.f || "", cells: [...row.cells].map(cell => cell.textContent),
  }));
  for (const item of rows) item.text = item.cells.join("\n").toLowerCase();
  const columnOf = name => headers.findIndex(header => header.dataset.name === name);
  // The sort keys of each column by row; -1 for unknown, which comes last in both directions.
  const sortKeys = headers.map((header, column) => {
    let keys = null;
    return () => keys || (keys = keysOf(header.dataset, column));
  });
  function keysOf(options, column) {
    const texts = rows.map(item => item.cells[column]);
    if (options.sort === "place") return rows.map(item => item.place);
    if (options.sort === "number") {
      return texts.map(text => {
        const digits = text.split("–")[0].replace(/\D/g, "");
        return digits ? Number(digits) : -1;
      });
    }
    const order = options.order
      ? options.order.split("|")
      : [...new Set(texts)].filter(text => text && text !== "–").sort(collator.compare);
    const ranks = new Map(order.map((word, rank) => [word, rank]));
    return texts.map(text => ranks.get(text) ?? ranks.get(text.replace(" ?", "")) ?? -1);
  }
  let column = 0;
  let descending = false;
  let limit = STEP;
  let matches = rows;

  function show() {
    const shown = matches.slice(0, limit);
    body.replaceChildren(...shown.map(item => item.row));
    showMore.hidden = showAll.hidden = shown.length === matches.length;
    summary.textContent = summary.dataset.text
      .replace("{shown}", number.format(shown.length))
      .replace("{found}", number.format(matches.length))
      .replace("{all}", number.format(rows.length));
  }
  function sort() {
    const keys = sortKeys[column]();
    const sign = descending ? -1 : 1;
    matches.sort((one, other) => {
      const a = keys[one.place];
      const b = keys[other.place];
      if (a === b) return one.place - other.place;
      if (a < 0) return 1;
      if (b < 0) return -1;
      return (a - b) * sign;
    });
  }
  function filter() {
    const fields = form.elements;
    const text = fields.text.value.trim().toLowerCase();
    const chosen = ["owner", "segment", "stage"]
      .filter(name => fields[name] && fields[name].value)
      .map(name => [columnOf(name), fields[name].value]);
    const strategy = fields.strategy.value;
    const finding = fields.finding.value;
    const mark = fields.mark.value;
    matches = rows.filter(item =>
      (!mark || markOf(item) === mark) &&
      (!text || item.text.includes(text)) &&
      (!finding || item.findings.includes(finding)) &&
      (!strategy || item.cells[columnOf("strategy")].startsWith(strategy)) &&
      chosen.every(([place, value]) => item.cells[place] === value || item.cells[place] === value + " ?"));
    limit = STEP;
    sort();
    show();
    const left = new Set(matches.map(markOf));
    for (const one of marks) {
      one.classList.toggle("off", !left.has(one.dataset.m));
      one.setAttribute("aria-pressed", String(one.dataset.m === mark));
    }
  }
  // The mark of the plot in which an account is counted.
  function markOf(item) {
    const text = name => item.cells[columnOf(name)];
    return [text("attractiveness"), text("stage").replace(" ?", ""), text("depth").split("–")[0]].join("|");
  }
  // A mark of the plot filters the table, and the table shows in the plot what it leaves out.
  if (marks.length) {
    const plot = document.querySelector("svg.plot");
    plot.setAttribute("role", "group");
    document.querySelector(".pick").hidden = false;
    for (const mark of marks) {
      mark.setAttribute("role", "button");
      mark.setAttribute("tabindex", "0");
      mark.setAttribute("aria-pressed", "false");
      mark.setAttribute("aria-label", mark.querySelector("title").textContent);
      const choose = () => {
        form.elements.mark.value = form.elements.mark.value === mark.dataset.m ? "" : mark.dataset.m;
        filter();
      };
      mark.addEventListener("click", choose);
      mark.addEventListener("keydown", event => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      });
    }
  }
  for (const name of ["owner", "segment"]) {
    const list = form.elements[name];
    if (!list) continue;
    const words = new Set(rows.map(item => item.cells[columnOf(name)]).filter(text => text && text !== "–"));
    for (const word of [...words].sort(collator.compare)) list.append(new Option(word, word));
  }
  headers.forEach((header, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      descending = column === place ? !descending : header.dataset.first === "high";
      headers[column].removeAttribute("aria-sort");
      column = place;
      header.setAttribute("aria-sort", descending ? "descending" : "ascending");
      // Thousands of rows take a browser seconds to lay out, and after sorting the first ones matter.
      limit = STEP;
      sort();
      show();
    });
  });
  column = columnOf("strategy");
  headers[column].setAttribute("aria-sort", "ascending");
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => { form.elements.mark.value = ""; setTimeout(filter); });
  showMore.addEventListener("click", () => { limit += STEP; show(); });
  showAll.addEventListener("click", () => { limit = rows.length; show(); });
  form.hidden = false;
  show();
})();
