// Runs the program: starts Python, opens the files that the accounts are kept in, and answers requests.
import { loadPyodide } from "./runtime/pyodide.mjs";

const scope = new URL(".", self.location.href);
const decoder = new TextDecoder();
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

async function keptFiles() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(`kam${encodeURIComponent(scope.pathname)}`, { create: true });
  const opened = [];
  for (const name of ["accounts-0", "accounts-1", "visitor-0", "visitor-1"]) {
    const file = await folder.getFileHandle(name, { create: true });
    opened.push(new KeptFile(await file.createSyncAccessHandle()));
  }
  return opened;
}

const loaded = async name => new Uint8Array(await (await fetch(new URL(`runtime/${name}`, scope))).arrayBuffer());

// Writes the files of an uncompressed tar archive. The bytes are shared with the archive.
function unpack(fs, archive, target) {
  const text = (at, size) => decoder.decode(archive.subarray(at, at + size)).split("\0")[0];
  const folders = new Set();
  for (let at = 0; at + 512 <= archive.length && archive[at];) {
    const size = parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const path = `${target}/${prefix ? prefix + "/" : ""}${text(at, 100)}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!folders.has(folder)) { fs.mkdirTree(folder); folders.add(folder); }
    fs.writeFile(path, archive.subarray(at + 512, at + 512 + size), { canOwn: true });
    at += 512 + 512 * Math.ceil(size / 512);
  }
}

let names = null;
let python = null;

async function start() {
  const [loading, packages, files] = [
    loadPyodide({
      indexURL: new URL("runtime/", scope).href,
      lockFileContents: JSON.stringify({ info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2", version: "314.0.7" }, packages: {} }),
      env: { HOME: "/home", PYTHONPATH: "/program/packages", XDG_CACHE_HOME: "/program/cache" },
    }),
    loaded("packages.tar"),
    keptFiles(),
  ];
  python = await loading;
  mark("python");
  unpack(python.FS, await packages, "/program");
  python.pyimport("importlib").invalidate_caches();
  mark("packages");
  // What is made during the start stays, so a search for garbage in it only takes time.
  const garbage = python.pyimport("gc");
  garbage.disable();
  const started = python.pyimport("kam_expert.browser.runtime").start(
    new URL("app/", scope).href, "/program/rules.pickle", await files);
  garbage.freeze();
  garbage.enable();
  mark("session");
  return started;
}

// The dictionary of name forms is large, and only an erasure reads it.
const withNames = () => names ??= loaded("names.tar").then(archive => unpack(python.FS, archive, "/program/packages"));

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
  } catch (error) {
    port.postMessage({ status: 500, head: "[]", body: new ArrayBuffer(0) });
    postMessage({ failed: String(error.message || error) });
  }
};
