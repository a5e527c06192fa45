// Sends the form of a rule while somebody types, and shows what its cases say. Without it a button does the same.
(() => {
  "use strict";
  const form = document.getElementById("rule");
  const status = document.getElementById("status");
  let timer = 0;
  let latest = 0;

  // Parts without the focus are replaced; in a part with it, the parts inside that do not have it.
  function show(page) {
    const active = document.activeElement;
    const replace = (old, fresh) => {
      const typing = old.contains(active) && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName);
      if (!typing) {
        const id = old.contains(active) && (active.id || active.value);
        const open = new Set([...old.querySelectorAll("details[open] > summary")].map(s => s.textContent));
        const node = document.importNode(fresh, true);
        for (const summary of node.querySelectorAll("summary")) summary.parentElement.open = open.has(summary.textContent);
        old.replaceWith(node);
        if (id) [...node.querySelectorAll("button")].find(b => b.value === id)?.focus();
        return;
      }
      for (const inner of fresh.querySelectorAll("[data-part]")) {
        if (inner.parentElement.closest("[data-part]") !== fresh) continue;
        const same = document.getElementById(inner.id);
        if (same) replace(same, inner);
      }
    };
    for (const fresh of page.querySelectorAll("#rule [data-part]")) {
      if (fresh.parentElement.closest("[data-part]")) continue;
      const old = document.getElementById(fresh.id);
      if (old) replace(old, fresh);
    }
    form.elements.seen.value = page.querySelector("#rule input[name=seen]").value;
    status.textContent = page.querySelector("#cases-sum").textContent.trim();
  }

  async function send(button) {
    clearTimeout(timer);
    const mine = ++latest;
    const data = new URLSearchParams(new FormData(form, button));
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Kam": "live" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== latest) return;
      if (button) button.blur();
      if (answer.ok && page.getElementById("rule")) {
        status.setAttribute("role", "status");
        show(page);
      } else {
        status.setAttribute("role", "alert");
        status.textContent = [...page.querySelectorAll("main h1, main p:not(.on)")].map(p => p.textContent.trim()).join(" ");
      }
    } catch {
      status.setAttribute("role", "alert");
      status.textContent = form.dataset.failed;
    } finally {
      if (mine === latest) form.removeAttribute("aria-busy");
    }
  }

  form.addEventListener("input", event => {
    clearTimeout(timer);
    if (!("plain" in event.target.dataset)) timer = setTimeout(() => send(null), 250);
  });
  form.addEventListener("submit", event => {
    event.preventDefault();
    send(event.submitter);
  });
})();
