// Sends forms and updates the changed parts of the page in place. Without it every form loads a page.
(() => {
  "use strict";
  const root = document.documentElement;
  const body = document.body;
  const status = document.getElementById("status");
  const base = body.dataset.at;
  if (location.pathname.endsWith("/enter")) sessionStorage.clear();
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

  // What is typed and not saved is kept until it is: over another save, a change of tab or language, and a server
  // that ends. It stays in this tab of the browser.
  const drafts = {
    store: "kam" + base,
    read: () => JSON.parse(sessionStorage.getItem(drafts.store) || "{}"),
    write: all => sessionStorage.setItem(drafts.store, JSON.stringify(all)),
    of: form => [new URL(form.action).pathname, ...["kind", "id", "fact", "side", "list", "step"].map(name => {
      const field = form.elements[name];
      return field && field.type === "hidden" ? field.value : "";
    })].join("\n"),
    fields: form => [...form.elements].filter(field => field.name && !/hidden|submit|button|file|password/.test(field.type) && field.tagName !== "FIELDSET"),
    kept: field => /checkbox|radio/.test(field.type) ? field.checked : field.value,
    plain: field => /checkbox|radio/.test(field.type) ? field.defaultChecked
      : field.tagName === "SELECT" ? ([...field.options].find(option => option.defaultSelected) || field.options[0] || {}).value
      : field.defaultValue,
    remember(form) {
      if (form.method !== "post" || !form.action.includes(base)) return;
      const all = drafts.read(), key = drafts.of(form);
      drafts.fields(form).forEach((field, place) => {
        const name = [key, place, field.name].join("\n");
        if (drafts.kept(field) === drafts.plain(field)) delete all[name];
        else all[name] = drafts.kept(field);
      });
      drafts.write(all);
    },
    forget(form) {
      const all = drafts.read(), key = drafts.of(form);
      for (const name of Object.keys(all)) if (name.startsWith(key + "\n")) delete all[name];
      drafts.write(all);
    },
    restore() {
      const all = drafts.read();
      for (const form of document.forms) if (form.method === "post") {
        const key = drafts.of(form);
        drafts.fields(form).forEach((field, place) => {
          const kept = all[[key, place, field.name].join("\n")];
          if (kept === undefined || drafts.kept(field) === kept) return;
          if (typeof kept === "boolean") field.checked = kept; else field.value = kept;
          const folded = field.closest("details");
          if (folded) folded.open = true;
        });
      }
    },
  };

  function say(text, failed) {
    status.setAttribute("role", failed ? "alert" : "status");
    status.textContent = text;
    clearTimeout(say.timer);
    if (!failed) say.timer = setTimeout(() => { status.textContent = ""; }, 6000);
  }

  // A part with the same content is kept, with the focus in it; only its version is updated.
  function update(old, fresh, version) {
    for (const field of old.querySelectorAll("input[name=seen]")) field.value = version;
  }

  // Replaces a part of the page. With *keep*, parts in it that are unchanged or half filled in are kept, and so
  // is the question that is shown.
  function swap(old, fresh, keep) {
    const open = new Map([...old.querySelectorAll("details[id]")].map(d => [d.id, d.open]));
    const node = document.importNode(fresh, true);
    for (const details of node.querySelectorAll("details[id]")) {
      if (open.has(details.id)) details.open = open.get(details.id);
    }
    if (old.tagName === "DETAILS" && node.tagName === "DETAILS") node.open = old.open;
    // A second click that was meant for the question before must not answer the next one.
    if (node.id === "next" && !keep) {
      node.classList.add("settling");
      setTimeout(() => node.classList.remove("settling"), 300);
    }
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

  // Replaces what differs. *keep*: keep half-typed input and the question that is shown, as somebody else
  // changed the account.
  function show(text, keep) {
    const page = new DOMParser().parseFromString(text, "text/html");
    if (page.body.dataset.at !== base) return false;
    const focus = document.activeElement;
    const focusId = focus && focus.id;
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
    body.dataset.here = page.body.dataset.here || "";
    settle();
    drafts.restore();
    body.dataset.version = page.body.dataset.version;
    scrollTo(...scroll);
    if (!document.activeElement || document.activeElement === body) {
      const to = (focus && focus.isConnected && focus !== body && focus) || document.getElementById(focusId) ||
        ((!keep || asked) && document.getElementById("next-t")) ||
        (inside && inside.id && document.querySelector("#" + CSS.escape(inside.id) + " summary")) ||
        document.getElementById("main");
      if (to.id === "main") to.tabIndex = -1;
      to.focus({ preventScroll: keep || to.id !== "next-t" });
    }
    return true;
  }

  // The address names the question that is shown, so that a reload or another language shows the same.
  function settle() {
    const here = body.dataset.here;
    if (here && here !== location.pathname + location.search) history.replaceState(null, "", here + location.hash);
    remaining();
  }

  function remaining() {
    for (const left of document.querySelectorAll(".left[data-until]")) {
      const [hour, minute] = left.dataset.until.split(":").map(Number);
      const now = new Date();
      const minutes = 60 * (hour - now.getHours()) + minute - now.getMinutes();
      left.textContent = minutes > 0 ? `${left.dataset.left} ${minutes}` : left.dataset.over;
    }
  }

  function summary() {
    const texts = selector => [...document.querySelectorAll(selector)].map(element => element.textContent.trim());
    // What is found is not for the customer, who reads along.
    if (document.getElementById("panel-folded")) return [body.dataset.saved, ...texts(".denied")].join(" · ");
    const effects = texts(".effects li").slice(0, 2);
    return [body.dataset.saved, ...texts(".denied"), ...texts("#stage-name"), ...effects].join(" · ");
  }

  const post = (form, button) => {
    const data = new FormData(form, button);
    return fetch(button && button.hasAttribute("formaction") ? button.formAction : form.action, {
      method: "POST",
      body: form.enctype === "multipart/form-data" ? data : new URLSearchParams(data),
      headers: { "X-Kam": "live" },
    });
  };

  // A page that was open for long has the token of an expired session: fetch the new one.
  async function renewed() {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const token = page.body.dataset.at === base && page.querySelector("input[name=csrf]");
    const old = document.querySelector("input[name=csrf]");
    if (!token || token.value === old.value) return false;
    for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token.value;
    return true;
  }

  // Which slots this page has answered. What others answer moves no key to another side.
  const answeredHere = new Set();
  const slotOf = form => JSON.stringify(["kind", "id", "fact", "side"].map(name => form.elements[name]?.value));

  async function send(form, button) {
    const before = body.dataset.version;
    busy = true;
    root.setAttribute("aria-busy", "true");
    try {
      let answer = await post(form, button);
      if (answer.status === 403 && await renewed()) answer = await post(form, button);
      const text = await answer.text();
      if (answer.redirected || answer.status === 409 || answer.ok) {
        if (answer.status !== 409) { drafts.forget(form); answeredHere.add(slotOf(form)); }
        if (show(text, false)) say(answer.status === 409 ? document.title : before === body.dataset.version ? body.dataset.saved : summary());
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

  // Whether a button or key is down. A part that is moved meanwhile loses the click, and with it an answer.
  let pressed = false;
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { pressed = true; }, true);
  for (const kind of ["pointerup", "pointercancel", "keyup", "blur"]) addEventListener(kind, () => setTimeout(() => { pressed = false; }), true);

  // Whether the page has not changed since a request and nobody is about to change it. A conflict stays until the
  // visitor resolves it.
  const same = version => !busy && !pressed && body.dataset.version === version && !document.getElementById("conflict");

  async function load(address) {
    const version = body.dataset.version;
    const answer = await fetch(address, { headers: { "X-Kam": "live" } });
    const text = await answer.text();
    if (answer.ok && same(version)) show(text, true);
  }

  document.addEventListener("submit", event => {
    const form = event.target;
    const action = form.getAttribute("action");
    // Language and size of type affect the whole page, and some forms lead to another address: a new page.
    if (form.method !== "post" || !action.startsWith(base) || action.endsWith("/visitor") ||
      "whole" in form.dataset) return;
    event.preventDefault();
    if (!busy) send(form, event.submitter);
  });
  for (const kind of ["input", "change"]) document.addEventListener(kind, event => {
    if (event.target.form) drafts.remember(event.target.form);
  });

  // The keys 1 to 9 choose an answer of the question that is shown; Enter sends what is ticked.
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || busy) return;
    const focus = document.activeElement;
    if (focus && /INPUT|TEXTAREA|SELECT/.test(focus.tagName) && !/checkbox|radio/.test(focus.type)) return;
    const inside = focus && focus.closest("#next form.answer");
    const forms = [...document.querySelectorAll("#next form.answer")];
    const form = inside || forms.find(one => !answeredHere.has(slotOf(one))) || forms[0];
    if (!form) return;
    if (event.key === "Enter" && (!focus || !/A|BUTTON|SUMMARY/.test(focus.tagName))) {
      const save = form.querySelector("button.main");
      if (save && form.querySelector("input[type=checkbox]:checked")) { event.preventDefault(); save.click(); }
      return;
    }
    if (!/^[1-9]$/.test(event.key)) return;
    const choice = form.querySelectorAll(".choices > button, .choices > label")[event.key - 1];
    if (choice) { event.preventDefault(); choice.click(); }
  });

  settle();
  drafts.restore();
  setInterval(remaining, 20000);

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
    } catch { /* the next form reports the failure */ }
  }, 1000 * seconds);
})();
