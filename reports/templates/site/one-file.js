// The browser edition as one file: starts Python from what the page holds, and shows report and plan of a case file.
const all = JSON.parse(document.body.dataset.texts);
const part = id => document.getElementById(id);
const blob = (data, type) => URL.createObjectURL(new Blob([data], { type }));
let texts;

function speak(lang) {
  texts = all[lang];
  document.documentElement.lang = lang;
  for (const id of ["title", "stays", "report", "plan", "save"]) part(id).textContent = texts[id];
  for (const id of ["file", "lang", "edition"]) part(`t-${id}`).textContent = texts[id];
  for (const option of part("edition").options) option.textContent = texts[option.value];
}
part("lang").value = navigator.languages.map(one => one.slice(0, 2)).find(one => one in all) || "en";
part("lang").onchange = () => speak(part("lang").value);
speak(part("lang").value);

async function held(name) {
  const element = document.querySelector(`[data-file="${name}"]`);
  const packed = Uint8Array.from(atob(element.textContent), letter => letter.charCodeAt(0));
  element.remove();
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
const module = async name => import(blob(await held(name), "text/javascript"));

async function start() {
  const { startPython } = await module("python.js");
  const { loadPyodide } = await module("pyodide.mjs");
  const { default: createPyodideModule } = await module("pyodide.asm.mjs");
  // Pyodide fetches two files; they are in this page, and the page may connect to nothing.
  const types = { "pyodide.asm.wasm": "application/wasm", "python_stdlib.zip": "application/zip" };
  window.fetch = async address => {
    const name = String(address).split("/").pop();
    return new Response(await held(name), { headers: { "content-type": types[name] } });
  };
  const options = { loadPyodide, createPyodideModule, indexURL: "file:///held/" };
  let made;
  await startPython(options, held("packages.tar"), python => {
    made = python.pyimport("kam_expert.browser.one_file").start("/program/rules.pickle");
  });
  return made;
}

async function show(made, what) {
  const [file] = part("file").files;
  if (!file) { part("file").focus(); return; }
  part("status").textContent = texts.working;
  await new Promise(done => setTimeout(done, 50)); // so that the line is drawn
  const data = new Uint8Array(await file.arrayBuffer());
  const found = made(file.name, data, what, part("edition").value, part("lang").value);
  const [good, text] = [found.get(0), found.get(1)];
  found.destroy();
  part("status").textContent = good ? "" : text;
  part("page").hidden = part("save").hidden = !good;
  if (!good) return;
  part("page").srcdoc = text;
  part("save").href = blob(text, "text/html");
  part("save").download = `${file.name.replace(/\.[^.]*$/, "")}.${what}.html`;
}

part("status").textContent = texts.starting;
start().then(made => {
  part("status").textContent = "";
  for (const what of ["report", "plan"]) {
    part(what).disabled = false;
    part(what).onclick = () => show(made, what);
  }
}, error => { part("status").textContent = `${texts.failed} ${error.message || error}`; });
