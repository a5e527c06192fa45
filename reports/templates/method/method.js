"use strict";
// The search of the start page: entries without all the typed words are hidden.
const field = document.getElementById("search");
const entries = [...document.querySelectorAll(".entries li")];
const texts = entries.map((entry) => entry.textContent.toLowerCase());
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  entries.forEach((entry, index) => {
    entry.hidden = !words.every((word) => texts[index].includes(word));
    count += entry.hidden ? 0 : 1;
  });
  document.getElementById("found").textContent = words.length ? String(count) : "";
});
