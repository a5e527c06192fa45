// Starts Python with the files of an archive, or with a snapshot of the memory of an earlier start.

const decoder = new TextDecoder();

// Writes the files of an uncompressed tar archive. The bytes are shared with the archive.
export function unpack(fs, archive, target) {
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

// Loaded before Python runs. So its functions and data have the same places in each start, as a snapshot needs.
const EARLY = "/program/packages/pydantic_core/_pydantic_core.cpython-314-wasm32-emscripten.so";
let module = null, functions = 0;

// Returns Python after prepare(python), or with the memory of a snapshot that was made after it. options has loadPyodide
// and createPyodideModule of Pyodide; packages is a promise of the archive.
export async function startPython({ loadPyodide, createPyodideModule, ...options }, packages, prepare, snapshot) {
  const python = await loadPyodide({
    lockFileContents: JSON.stringify({ info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2", version: "314.0.7" }, packages: {} }),
    env: { HOME: "/home", PYTHONPATH: "/program/packages", XDG_CACHE_HOME: "/program/cache" },
    async createPyodideModule(settings) {
      module = settings;
      const made = await createPyodideModule(settings);
      if (snapshot) made.growMemory(snapshot.byteLength);
      return made;
    },
    async fsInit(fs) {
      unpack(fs, await packages, "/program");
      const flags = { loadAsync: true, nodelete: true };
      module.preloadedWasm[EARLY] = await module.loadWebAssemblyModule(fs.readFile(EARLY), flags, EARLY, {});
      functions = module.wasmTable.length;
    },
    ...(snapshot ? { _loadSnapshot: snapshot } : { _makeSnapshot: true }),
    ...options,
  });
  if (snapshot) return python;
  // What is made during the start stays, so a search for garbage in it only takes time.
  const garbage = python.pyimport("gc");
  garbage.disable();
  await prepare(python);
  garbage.freeze();
  garbage.enable();
  garbage.destroy();
  return python;
}

// Returns a snapshot of the memory; null if it refers to functions that another start would not have.
export function snapshotOf(python) {
  return module.wasmTable.length === functions ? python.makeMemorySnapshot() : null;
}
