// Runs a Python script of the build in the Python of the browser edition.
// node compile.mjs PYODIDE_FOLDER STAGE_FOLDER: runs kam_expert.browser.precompile in STAGE_FOLDER.
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [pyodideFolder, stage] = process.argv.slice(2);
try {
  const { loadPyodide } = await import(pathToFileURL(join(pyodideFolder, "pyodide.mjs")));
  const python = await loadPyodide({
    indexURL: pyodideFolder,
    env: { HOME: "/home", PYTHONHASHSEED: "0", PYTHONPATH: "/stage/packages", XDG_CACHE_HOME: "/stage/cache" },
  });
  python.mountNodeFS("/stage", stage);
  python.runPython("import importlib; importlib.invalidate_caches(); import kam_expert.browser.precompile as step; step.run()");
} catch (error) {
  // Without the source of the failing script, which Node.js would print.
  console.error(String(error.message || error).trim().split("\n").pop());
  process.exit(1);
}
