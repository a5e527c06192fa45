// Sorts and filters the table of all accounts. Without it the table is there in full, in the order of attention.
(() => {
  "use strict";
  const STEP = 100;
  const section = document.getElementById("accounts");
  const table = section.querySelector("table");
  if (!table) return;
  const form = section.querySelector("form");
  const told = section.querySelector("output");
  const [further, everything] = section.querySelectorAll(".more button");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const rows = [...body.rows].map((row, place) => ({
    row, place, findings: row.dataset.f || "", cells: [...row.cells].map(cell => cell.textContent),
  }));
  for (const item of rows) item.text = item.cells.join("\n").toLowerCase();
  const at = name => heads.findIndex(head => head.dataset.name === name);
  // What each cell of a column weighs; -1 where nothing is known, which comes last either way.
  const weights = heads.map((head, column) => {
    let known = null;
    return () => known || (known = weigh(head.dataset, column));
  });
  function weigh(how, column) {
    const texts = rows.map(item => item.cells[column]);
    if (how.sort === "place") return rows.map(item => item.place);
    if (how.sort === "number") {
      return texts.map(text => {
        const digits = text.split("–")[0].replace(/\D/g, "");
        return digits ? Number(digits) : -1;
      });
    }
    const order = how.order
      ? how.order.split("|")
      : [...new Set(texts)].filter(text => text && text !== "–").sort(collator.compare);
    const ranks = new Map(order.map((word, rank) => [word, rank]));
    return texts.map(text => ranks.get(text) ?? ranks.get(text.replace(" ?", "")) ?? -1);
  }
  let column = 0;
  let falling = false;
  let limit = STEP;
  let found = rows;

  function show() {
    const shown = found.slice(0, limit);
    body.replaceChildren(...shown.map(item => item.row));
    further.hidden = everything.hidden = shown.length === found.length;
    told.textContent = told.dataset.says
      .replace("{shown}", number.format(shown.length))
      .replace("{found}", number.format(found.length))
      .replace("{all}", number.format(rows.length));
  }
  function arrange() {
    const weight = weights[column]();
    const sign = falling ? -1 : 1;
    found.sort((one, other) => {
      const a = weight[one.place];
      const b = weight[other.place];
      if (a === b) return one.place - other.place;
      if (a < 0) return 1;
      if (b < 0) return -1;
      return (a - b) * sign;
    });
  }
  function filter() {
    const wanted = form.elements;
    const text = wanted.text.value.trim().toLowerCase();
    const asked = ["owner", "segment", "stage"]
      .filter(name => wanted[name] && wanted[name].value)
      .map(name => [at(name), wanted[name].value]);
    const look = wanted.look.value;
    const finding = wanted.finding.value;
    found = rows.filter(item =>
      (!text || item.text.includes(text)) &&
      (!finding || item.findings.includes(finding)) &&
      (!look || item.cells[at("look")].startsWith(look)) &&
      asked.every(([place, value]) => item.cells[place] === value || item.cells[place] === value + " ?"));
    limit = STEP;
    arrange();
    show();
  }
  for (const name of ["owner", "segment"]) {
    const list = form.elements[name];
    if (!list) continue;
    const words = new Set(rows.map(item => item.cells[at(name)]).filter(text => text && text !== "–"));
    for (const word of [...words].sort(collator.compare)) list.append(new Option(word, word));
  }
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      falling = column === place ? !falling : head.dataset.first === "high";
      heads[column].removeAttribute("aria-sort");
      column = place;
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      // Thousands of rows take a browser seconds to lay out; who sorts wants the first of them.
      limit = STEP;
      arrange();
      show();
    });
  });
  column = at("look");
  heads[column].setAttribute("aria-sort", "ascending");
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  further.addEventListener("click", () => { limit += STEP; show(); });
  everything.addEventListener("click", () => { limit = rows.length; show(); });
  form.hidden = false;
  show();
})();
