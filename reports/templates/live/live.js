// Sends forms and puts the changed parts of the answer into the page. Without it every form loads a page.
(() => {
  "use strict";
  const root = document.documentElement;
  const body = document.body;
  const said = document.getElementById("said");
  const base = body.dataset.at;
  if (!base) return;
  let busy = false;
  const seen = part => part.outerHTML.replace(/name="?seen"? value="\d+"| open=""/g, "");
  const dirty = part => [...part.querySelectorAll("input, textarea, select")].some(field =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? [...field.options].some(option => option.selected !== option.defaultSelected) &&
          field.selectedIndex !== 0
        : field.type !== "hidden" && field.value !== field.defaultValue);

  function say(text, failed) {
    said.setAttribute("role", failed ? "alert" : "status");
    said.textContent = text;
    clearTimeout(say.timer);
    if (!failed) say.timer = setTimeout(() => { said.textContent = ""; }, 6000);
  }

  // A part that says the same stays, with the focus in it; what it knows of the version is new.
  function update(old, fresh, version) {
    for (const field of old.querySelectorAll("input[name=seen]")) field.value = version;
  }

  // Puts in a part of a page; the smaller parts in it that say the same, or hold half an answer, stay, and so does
  // the question that is shown: it must not change under the hand.
  function swap(old, fresh, keep) {
    const open = new Map([...old.querySelectorAll("details[id]")].map(d => [d.id, d.open]));
    const node = document.importNode(fresh, true);
    for (const details of node.querySelectorAll("details[id]")) {
      if (open.has(details.id)) details.open = open.get(details.id);
    }
    if (old.tagName === "DETAILS") node.open = old.open;
    if (keep) for (const part of old.querySelectorAll("[data-part]")) {
      const other = node.querySelector("#" + CSS.escape(part.id));
      if (!other) continue;
      const same = seen(other) === seen(part);
      if (same) update(part, other, fresh.ownerDocument.body.dataset.version);
      else if (part.id !== "next" && !dirty(part)) continue;
      other.replaceWith(part);
    }
    old.replaceWith(node);
    return node;
  }

  // Puts in what differs. When somebody else has changed the account (*keep*), what is half typed stays.
  function show(text, keep) {
    const page = new DOMParser().parseFromString(text, "text/html");
    if (page.body.dataset.at !== base) return false;
    const focus = document.activeElement;
    const held = focus && focus.id;
    const inside = focus && focus.closest("details[id], form[aria-labelledby]");
    const asked = focus && focus.closest("#next");
    const scroll = [scrollX, scrollY];
    for (const fresh of page.querySelectorAll("[data-part]")) {
      if (fresh.parentElement.closest("[data-part]")) continue;
      const old = document.getElementById(fresh.id);
      if (!old) continue;
      if (seen(old) === seen(fresh)) {
        update(old, fresh, page.body.dataset.version);
        continue;
      }
      if (keep && !old.querySelector("[data-part]") && dirty(old)) continue;
      swap(old, fresh, keep);
    }
    document.title = page.title;
    body.dataset.version = page.body.dataset.version;
    scrollTo(...scroll);
    if (!document.activeElement || document.activeElement === body) {
      const to = (focus && focus.isConnected && focus !== body && focus) || document.getElementById(held) ||
        ((!keep || asked) && document.getElementById("next-t")) ||
        (inside && inside.id && document.querySelector("#" + CSS.escape(inside.id) + " summary")) ||
        document.getElementById("main");
      if (to.id === "main") to.tabIndex = -1;
      to.focus({ preventScroll: keep || to.id !== "next-t" });
    }
    return true;
  }

  function stage() {
    const name = document.getElementById("stage-name");
    const moved = [...document.querySelectorAll(".moved li")].map(line => line.textContent.trim());
    const unfit = document.querySelector(".unfit");
    return [body.dataset.saved, unfit ? unfit.textContent.trim() : "", name ? name.textContent.trim() : "", ...moved.slice(0, 2)].filter(Boolean).join(" · ");
  }

  const post = (form, button) => {
    const data = new FormData(form, button);
    return fetch(button && button.hasAttribute("formaction") ? button.formAction : form.action, {
      method: "POST",
      body: form.enctype === "multipart/form-data" ? data : new URLSearchParams(data),
      headers: { "X-Kam": "live" },
    });
  };

  // The forms of a page that was open too long know nothing of the session that has begun since.
  async function renewed() {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const token = page.body.dataset.at === base && page.querySelector("input[name=csrf]");
    const old = document.querySelector("input[name=csrf]");
    if (!token || token.value === old.value) return false;
    for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token.value;
    return true;
  }

  async function send(form, button) {
    const before = body.dataset.version;
    busy = true;
    root.setAttribute("aria-busy", "true");
    try {
      let answer = await post(form, button);
      if (answer.status === 403 && await renewed()) answer = await post(form, button);
      const text = await answer.text();
      if (answer.redirected || answer.status === 409 || answer.ok) {
        if (show(text, false)) say(answer.status === 409 ? document.title : before === body.dataset.version ? body.dataset.saved : stage());
        else location.assign(answer.url);
        if (answer.status === 409) document.getElementById("next-t").focus();
      } else {
        const page = new DOMParser().parseFromString(text, "text/html");
        const lines = [...page.querySelectorAll("main h1, main p:not(.on)")];
        say(lines.map(line => line.textContent.trim()).join(" "), true);
      }
    } catch {
      say(body.dataset.failed, true);
    } finally {
      busy = false;
      root.removeAttribute("aria-busy");
    }
  }

  // Whether the page is still as it was when something was asked for. A choice between two answers stays
  // until it is made.
  const same = version => !busy && body.dataset.version === version && !document.getElementById("conflict");

  async function load(address) {
    const version = body.dataset.version;
    const answer = await fetch(address, { headers: { "X-Kam": "live" } });
    const text = await answer.text();
    if (answer.ok && same(version)) show(text, true);
  }

  document.addEventListener("submit", event => {
    const form = event.target;
    const action = form.getAttribute("action");
    // Language and size of type concern the whole page: it is loaded anew.
    if (form.method !== "post" || !action.startsWith(base) || action.endsWith("/visitor")) return;
    event.preventDefault();
    if (!busy) send(form, event.submitter);
  });

  const seconds = Number(body.dataset.poll);
  if (seconds) setInterval(async () => {
    if (busy || document.hidden) return;
    try {
      const answer = await fetch(base + "/version");
      const newest = answer.ok ? (await answer.json()).version : 0;
      if (!busy && newest > Number(body.dataset.version)) {
        const others = new URL(location.href);
        others.searchParams.set("others", body.dataset.version);
        await load(others);
      }
    } catch { /* the next form says so */ }
  }, 1000 * seconds);
})();
