// Runs the program: starts Python, opens the files that the accounts are kept in, and answers requests.
import { startPython, unpack } from "./python.js";
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

let names = null;
let python = null;

async function start() {
  const [packages, files] = [loaded("packages.tar"), keptFiles()];
  const options = { indexURL: new URL("runtime/", scope).href };
  const started = await startPython(loadPyodide, options, packages, async found => {
    python = found;
    return found.pyimport("kam_expert.browser.runtime").start(
      new URL("app/", scope).href, "/program/rules.pickle", await files);
  }, mark);
  mark("session");
  return started.begun;
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
