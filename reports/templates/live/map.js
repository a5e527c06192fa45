// Acts on the map with mouse, finger and keyboard. Each leads to the form or address that works without it.
(() => {
  "use strict";
  const NS = "http://www.w3.org/2000/svg";
  const map = document.querySelector("svg.map");
  const form = document.getElementById("drag");
  // A form of an act opens with the focus in it.
  const act = document.getElementById("act") || document.getElementById("one");
  if (act && location.hash.slice(1) === act.id) act.focus();
  if (!map || !form) return;
  for (const hint of document.querySelectorAll(".hint")) hint.hidden = false;
  const cards = () => [...map.querySelectorAll("a.card")];
  const box = card => card.querySelector("rect").getBBox();
  const choosing = map.classList.contains("choosing");

  function at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    return [point.x, point.y];
  }
  const cardAt = (x, y) => cards().find(card => {
    const b = box(card);
    return x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + b.height;
  });

  // The places of one side, as the cards in them say: a column by its x, a row by its band of y.
  function places(card) {
    const side = card.dataset.key.split(":")[0];
    const mine = JSON.parse(map.dataset.places).filter(place => place.side === side);
    return mine.map(place => ({ ...place, key: place.column + "|" + place.row }));
  }
  function placeAt(card, x, y) {
    const near = places(card).map(place => ({
      place,
      away: Math.abs(x - place.x - 73) + (y < place.y ? place.y - y : y > place.y + place.height ? y - place.y - place.height : 0) * 1.5,
    }));
    return near.sort((a, b) => a.away - b.away)[0].place;
  }

  function move(card, place) {
    if (place.key === card.dataset.place) return;
    const [kind, ...id] = card.dataset.key.split(":");
    form.elements.kind.value = kind;
    form.elements.id.value = id.join(":");
    form.elements.place.value = place.key;
    form.elements.back.value = "map";
    try { sessionStorage.setItem("kam-card", card.id); } catch { /* the focus is then lost */ }
    form.submit();
  }
  const address = (act, one, other) => "map?do=" + act + "&from=" + encodeURIComponent(one.dataset.key) +
    (other ? "&to=" + encodeURIComponent(other.dataset.key) : "") + "#act";

  // After a move with the keyboard the focus is on the moved card.
  try {
    const last = sessionStorage.getItem("kam-card");
    sessionStorage.removeItem("kam-card");
    if (last && document.getElementById(last)) document.getElementById(last).focus();
  } catch { /* no storage */ }

  // A dot to draw ties from, and a grip to move a card with a finger.
  if (!choosing) for (const card of cards()) {
    const b = box(card);
    const dot = document.createElementNS(NS, "circle");
    const person = card.classList.contains("person");
    for (const [name, value] of [["cx", b.x + b.width - 14], ["cy", person ? b.y + b.height : b.y], ["r", 8], ["class", "handle"]]) dot.setAttribute(name, value);
    const grip = document.createElementNS(NS, "rect");
    for (const [name, value] of [["x", b.x + b.width - 20], ["y", b.y + 4], ["width", 16], ["height", 16], ["rx", 3], ["class", "grip"]]) grip.setAttribute(name, value);
    card.append(dot, grip);
  }

  let drag = null;
  map.addEventListener("pointerdown", event => {
    const card = event.target.closest("a.card");
    if (!card || choosing || event.button) return;
    const tie = event.target.classList.contains("handle");
    // A finger on a card scrolls the page; it moves the card by the grip.
    if (event.pointerType === "touch" && !tie && !event.target.classList.contains("grip")) return;
    drag = { card, tie, from: at(event), moved: false, mark: null };
  });
  addEventListener("pointermove", event => {
    if (!drag) return;
    const [x, y] = at(event);
    if (!drag.moved && Math.hypot(x - drag.from[0], y - drag.from[1]) < 6) return;
    drag.moved = true;
    const mark = drag.mark || (drag.mark = map.appendChild(document.createElementNS(NS, drag.tie ? "path" : "rect")));
    if (drag.tie) {
      mark.setAttribute("class", "pull");
      mark.setAttribute("d", `M${drag.from[0]} ${drag.from[1]}L${x} ${y}`);
    } else {
      const place = placeAt(drag.card, x, y);
      mark.setAttribute("class", "ghost");
      for (const [name, value] of [["x", place.x - 4], ["y", place.y - 4], ["width", 154], ["height", place.height + 8], ["rx", 6]]) mark.setAttribute(name, value);
    }
  });
  function end(event, done) {
    if (!drag) return;
    const { card, tie, moved, mark } = drag;
    drag = null;
    if (mark) mark.remove();
    if (!moved || !done) return;
    // The click that follows a drag opens nothing.
    addEventListener("click", click => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
    setTimeout(() => dispatchEvent(new MouseEvent("click")), 0);
    const [x, y] = at(event);
    const other = cardAt(x, y);
    if (tie) { if (other && other !== card) location.assign(address("tie", card, other)); }
    else move(card, placeAt(card, x, y));
  }
  addEventListener("pointerup", event => end(event, true));
  addEventListener("pointercancel", event => end(event, false));
  map.addEventListener("dragstart", event => event.preventDefault());

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  map.addEventListener("keydown", event => {
    const card = event.target.closest("a.card");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    const b = box(card);
    if (arrow && event.shiftKey && !choosing) {
      event.preventDefault();
      const [column, row] = card.dataset.place.split("|");
      const all = places(card);
      const here = all.find(place => place.column === column && place.row === row);
      const lined = all.filter(place => arrow[0] ? place.row === row : place.column === column)
        .sort((one, other) => arrow[0] ? one.x - other.x : one.y - other.y);
      const next = lined[lined.indexOf(here) + arrow[0] + arrow[1]];
      if (next) move(card, next);
    } else if (arrow) {
      event.preventDefault();
      const found = cards().filter(other => other !== card).map(other => {
        const o = box(other);
        const dx = o.x + o.width / 2 - b.x - b.width / 2;
        const dy = o.y + o.height / 2 - b.y - b.height / 2;
        return { other, along: dx * arrow[0] + dy * arrow[1], across: Math.abs(dx * arrow[1]) + Math.abs(dy * arrow[0]) };
      }).filter(one => one.along > 4).sort((one, other) => one.along + 2 * one.across - other.along - 2 * other.across)[0];
      if (found) found.other.focus();
    } else if (!choosing && event.code === "KeyT" && !event.shiftKey) {
      location.assign(address("tie", card));
    } else if (!choosing && event.code === "KeyM" && !event.shiftKey) {
      location.assign(address("move", card));
    } else if (event.key === "Escape" && choosing) {
      location.assign("map#" + card.id);
    }
  });
})();
