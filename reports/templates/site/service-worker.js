// Serves the files of the browser edition from a cache, and passes requests of the live session to the page that
// holds it. The build puts SITE, the list of all files with their digests, before this text.
"use strict";
const scope = new URL(self.registration.scope);
const family = `kam ${scope.pathname} `;
const POLICY = [
  "default-src 'none'", `script-src ${scope} 'wasm-unsafe-eval'`, `style-src ${scope}`, `img-src ${scope}`,
  `connect-src ${scope}`, `worker-src ${scope}`, `frame-src ${scope}`, `manifest-src ${scope}`, "base-uri 'none'",
  "form-action 'none'", "frame-ancestors 'none'",
].join("; ");
//: Milliseconds after which a request is offered again, and after which it is given up.
const AGAIN = 400, LAST = 60000;
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

async function fetched(name) {
  const { file, type, sha256 } = SITE.files[name];
  const answer = await fetch(new URL(file, scope), { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  let data = await answer.arrayBuffer();
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))];
  if (digest.map(byte => byte.toString(16).padStart(2, "0")).join("") !== sha256)
    throw new Error(`${file}: is not the file that was built`);
  if (file !== name)
    data = await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  return new Response(data, { headers: {
    "content-type": type, "content-security-policy": POLICY, "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin", "etag": SITE.version,
  } });
}

async function install() {
  const cache = await caches.open(family + SITE.version);
  await Promise.all(Object.keys(SITE.files).map(async name => cache.put(new URL(name, scope), await fetched(name))));
}

async function activate() {
  for (const name of await caches.keys())
    if (name.startsWith(family) && name !== family + SITE.version) await caches.delete(name);
  await self.clients.claim();
}

async function ownFile(place) {
  const cache = await caches.open(family + SITE.version);
  return await cache.match(new URL(place || "index.html", scope)) || new Response("", { status: 404 });
}

const isShell = client => ["", "index.html"].includes(new URL(client.url).pathname.slice(scope.pathname.length));

// The page that holds the session takes the request; another page does not answer.
async function ask(request, target) {
  const head = [...request.headers, ["accept-language", self.navigator.languages.join(",")]];
  const body = /^(GET|HEAD)$/.test(request.method) ? new ArrayBuffer(0) : await request.arrayBuffer();
  const until = Date.now() + LAST;
  let holder = null, answered = null;
  const answer = new Promise(done => { answered = done; });
  while (Date.now() < until) {
    if (holder && !await self.clients.get(holder)) break; // closed before it answered
    const shells = (await self.clients.matchAll({ type: "window", includeUncontrolled: true })).filter(isShell);
    if (!holder && !shells.length) return null;
    if (!holder) for (const shell of shells) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => { if (data === "taken") holder = shell.id; else answered(data); };
      shell.postMessage({ method: request.method, target, head: JSON.stringify(head), body }, [port2]);
    }
    const found = await Promise.race([answer, pause(AGAIN)]);
    if (found) return new Response(/^(101|204|205|304)$/.test(found.status) ? null : found.body,
      { status: found.status, headers: JSON.parse(found.head) });
  }
  return new Response("", { status: 503 });
}

async function sessionPage(request, target) {
  const answer = await ask(request, target);
  if (answer) return answer;
  // No page holds the session: a visitor who came back to a page of it is led through the start.
  const start = `${scope}#${target.slice(scope.pathname.length + "app".length)}`;
  return request.mode === "navigate" ? Response.redirect(start, 302) : new Response("", { status: 503 });
}

self.addEventListener("install", event => event.waitUntil(install()));
self.addEventListener("activate", event => event.waitUntil(activate()));
self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const place = url.pathname.slice(scope.pathname.length);
  if (place.startsWith("app/")) event.respondWith(sessionPage(event.request, url.pathname + url.search));
  else event.respondWith(ownFile(place));
});
