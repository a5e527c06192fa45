// Starts Python with the files of an archive.

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

// Returns Python and the result of begin(python). packages is a promise of the archive; mark is told each step.
export async function startPython(loadPyodide, options, packages, begin, mark = () => {}) {
  const python = await loadPyodide({
    lockFileContents: JSON.stringify({ info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2", version: "314.0.7" }, packages: {} }),
    env: { HOME: "/home", PYTHONPATH: "/program/packages", XDG_CACHE_HOME: "/program/cache" },
    ...options,
  });
  mark("python");
  unpack(python.FS, await packages, "/program");
  python.pyimport("importlib").invalidate_caches();
  mark("packages");
  // What is made during the start stays, so a search for garbage in it only takes time.
  const garbage = python.pyimport("gc");
  garbage.disable();
  const begun = await begin(python);
  garbage.freeze();
  garbage.enable();
  return { python, begun };
}
