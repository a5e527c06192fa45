// The page around the live session: registers the service worker, holds the program in a worker, shows the session in
// a frame. One tab holds the program; others use it, and the next one takes over when that tab is closed.
(() => {
  "use strict";
  const all = JSON.parse(document.body.dataset.texts);
  const lang = navigator.languages.map(one => one.slice(0, 2)).find(one => one in all) || "en";
  const texts = all[lang];
  const part = id => document.getElementById(id);
  const frame = part("session");
  const home = new URL(".", location.href);
  const own = name => `kam ${home.pathname} ${name}`;
  document.documentElement.lang = lang;

  function say(text, again) {
    part("status").textContent = text;
    part("again").hidden = !again;
  }
  part("stays").textContent = texts.stays;
  part("again").textContent = texts.again;
  part("again").onclick = () => location.reload();
  say(texts.starting);

  // The address of the page in the frame is kept after the number sign, so that a reload shows it again.
  function settle() {
    const inside = frame.contentWindow.location;
    if (inside.protocol === "about:") return;
    history.replaceState(null, "", `#${inside.pathname.slice(home.pathname.length + 3)}${inside.search}${inside.hash}`);
    document.title = frame.contentDocument ? frame.contentDocument.title || "kam-expert" : "kam-expert";
    if (frame.contentDocument) document.documentElement.lang = frame.contentDocument.documentElement.lang;
  }
  frame.addEventListener("load", () => { try { settle(); } catch { /* a report has an origin of its own */ } });

  function show() {
    if (!frame.hidden) return;
    const asked = location.hash.slice(1);
    frame.src = new URL(`app${asked.startsWith("/") ? asked : "/"}`, home);
    frame.hidden = false;
    part("wait").hidden = true;
    warn();
  }

  // A browser that did not promise to keep the accounts may delete them.
  const week = 7 * 24 * 3600 * 1000;
  async function warn() {
    const kept = !navigator.storage.persisted || await navigator.storage.persisted();
    const saved = Number(localStorage.getItem(own("saved")) || 0);
    part("forget").hidden = kept || Date.now() - saved < week;
  }
  part("forget-text").textContent = texts.forget;
  part("save").textContent = texts.save;
  part("keep").textContent = texts.persist;
  part("save").onclick = () => {
    localStorage.setItem(own("saved"), String(Date.now()));
    frame.contentWindow.location = new URL("app/store.db", home);
    warn();
  };
  part("keep").onclick = async () => { await navigator.storage.persist(); warn(); };

  let worker = null;
  const hold = () => new Promise(() => {
    worker = new Worker("worker.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.failed) { frame.hidden = true; part("wait").hidden = false; say(`${texts.failed} ${data.failed}`, true); return; }
      document.body.dataset.started = JSON.stringify(data.ready);
      others.postMessage("ready");
      show();
    };
    worker.onerror = event => say(`${texts.failed} ${event.message || ""}`, true);
  });

  const others = new BroadcastChannel(own("tabs"));
  others.onmessage = ({ data }) => {
    if (data === "ready") show();
    else if (data === "asked" && document.body.dataset.started) others.postMessage("ready");
  };

  async function start() {
    if (!navigator.serviceWorker || !navigator.locks || !navigator.storage || !navigator.storage.getDirectory ||
      !window.DecompressionStream) { say(texts.old); return; }
    const first = !navigator.serviceWorker.controller;
    if (first) say(`${texts.starting} ${texts.first}`);
    navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
      if (!worker) return;
      ports[0].postMessage("taken");
      worker.postMessage(data, [ports[0], data.body]);
    });
    const registration = await navigator.serviceWorker.register("service-worker.js", { updateViaCache: "none" });
    registration.addEventListener("updatefound", () => {
      const fresh = registration.installing;
      fresh.addEventListener("statechange", () => {
        if (fresh.state === "redundant" && first) say(texts.failed, true);
        if (fresh.state !== "installed" || !navigator.serviceWorker.controller) return;
        part("update").textContent = texts.update;
        part("update").hidden = false;
      });
    });
    if (first && registration.active) { location.reload(); return; } // a reload that went around the service worker
    if (first) await new Promise(done => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
    others.postMessage("asked");
    navigator.locks.request(own("program"), hold);
  }
  start().catch(error => say(`${texts.failed} ${error.message}`, true));
})();
