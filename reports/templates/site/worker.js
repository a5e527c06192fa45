// Runs the program: starts Python, opens the files that the accounts are kept in, and answers requests.
import { snapshotOf, startPython, unpack } from "./python.js";
import createPyodideModule from "./runtime/pyodide.asm.mjs";
import { loadPyodide } from "./runtime/pyodide.mjs";

const scope = new URL(".", self.location.href);
const marks = { begun: performance.now() };
const mark = name => { marks[name] = Math.round(performance.now() - marks.begun); };

// A file of the browser's own file system, read and written whole.
class KeptFile {
  constructor(handle) { this.handle = handle; }
  read() {
    const data = new Uint8Array(this.handle.getSize());
    this.handle.read(data, { at: 0 });
    return data;
  }
  write(given) {
    const data = given.getBuffer("u8");
    try {
      this.handle.truncate(data.data.byteLength);
      if (this.handle.write(data.data, { at: 0 }) !== data.data.byteLength) throw new Error("the disk is full");
      this.handle.flush();
    } finally {
      data.release();
    }
  }
}

const folder = navigator.storage.getDirectory()
  .then(root => root.getDirectoryHandle(`kam${encodeURIComponent(scope.pathname)}`, { create: true }));
const opened = async name => (await (await folder).getFileHandle(name, { create: true })).createSyncAccessHandle();
const keptFiles = () => Promise.all(
  ["accounts-0", "accounts-1", "visitor-0", "visitor-1"].map(async name => new KeptFile(await opened(name))));

const fetched = name => fetch(new URL(`runtime/${name}`, scope));
const bytesOf = async answer => new Uint8Array(await (await answer).arrayBuffer());

// A snapshot of the memory of Python, made before it sees the accounts, so that later starts are fast. It is valid for
// the same version of the edition in the same browser, and begins with the digest of both.
class Snapshot {
  constructor(version) {
    const text = new TextEncoder().encode(`${version} ${navigator.userAgent}`);
    this.key = crypto.subtle.digest("SHA-256", text).then(digest => new Uint8Array(digest));
  }
  async using(work) {
    const [handle, key] = await Promise.all([opened("memory"), this.key]);
    try { return work(handle, key); } finally { handle.close(); }
  }
  read() {
    return this.using((handle, key) => {
      const found = new Uint8Array(key.length);
      handle.read(found, { at: 0 });
      if (found.some((byte, at) => byte !== key[at])) return null;
      const data = new Uint8Array(handle.getSize() - key.length);
      handle.read(data, { at: key.length });
      return data;
    });
  }
  forget() { return this.using(handle => handle.truncate(0)); }
  // Writes it if that leaves enough space for the accounts. The digest is last, so a write that breaks off is not valid.
  async write(data) {
    const { quota, usage } = await navigator.storage.estimate();
    if (quota - usage < 5 * data.byteLength) return;
    await this.using((handle, key) => {
      handle.truncate(0);
      handle.write(data, { at: key.length });
      handle.flush();
      if (handle.getSize() === key.length + data.byteLength) handle.write(key, { at: 0 });
    }).catch(() => this.forget());
  }
}

const RULES = "/program/rules.pickle";
let names = null, python = null, kept = null, made = null;

async function start() {
  const [answer, files] = [fetched("packages.tar"), keptFiles()];
  const packages = bytesOf(answer);
  kept = new Snapshot((await answer).headers.get("etag"));
  const options = { loadPyodide, createPyodideModule, indexURL: new URL("runtime/", scope).href };
  const runtime = found => found.pyimport("kam_expert.browser.runtime");
  const prepare = found => runtime(found).prepare(RULES, navigator.languages.join(","));
  const begun = async snapshot => {
    python = await startPython(options, packages, prepare, snapshot);
    mark("python");
    marks.snapshot = Boolean(snapshot);
    if (!snapshot) made = snapshotOf(python);
    return runtime(python).start(new URL("app/", scope).href, RULES, await files);
  };
  const snapshot = await kept.read().catch(() => null);
  const session = await begun(snapshot).catch(async error => {
    if (!snapshot) throw error;
    await kept.forget();
    return begun(null);
  });
  mark("session");
  return session;
}

// The dictionary of name forms is large, and only an erasure reads it.
const withNames = () => names ??= bytesOf(fetched("names.tar")).then(archive => unpack(python.FS, archive, "/program/packages"));

const starting = start();
starting.then(() => postMessage({ ready: marks }), error => postMessage({ failed: String(error.message || error) }));

onmessage = async ({ data: { method, target, head, body }, ports: [port] }) => {
  try {
    const answer = await starting;
    if (method === "POST" && /\/erase$/.test(target)) await withNames();
    const found = await answer(method, target, head, new Uint8Array(body));
    const [status, headers, bytes] = [found.get(0), found.get(1), found.get(2)];
    const data = bytes.toJs().slice().buffer;
    bytes.destroy();
    found.destroy();
    port.postMessage({ status, head: headers, body: data }, [data]);
    if (made) { setTimeout(data => kept.write(data), 1000, made); made = null; }
  } catch (error) {
    if (kept) kept.forget().catch(() => {});
    port.postMessage({ status: 500, head: "[]", body: new ArrayBuffer(0) });
    postMessage({ failed: String(error.message || error) });
  }
};
