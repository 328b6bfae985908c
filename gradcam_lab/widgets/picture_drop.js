// The half of the picture field that runs in the browser: a file in, its bytes out.
//
// It shares with Python `content` (the bytes, which Python empties once it has them), `file_name`,
// `message` (what stands below the field) and `maximum_bytes`.

// JupyterLab asks the focused element before its parents: the input itself says that keys are its.
const HTML = `
  <label>
    <input type="file" accept="image/jpeg,image/png,image/webp,image/gif"
      data-lm-suppress-shortcuts="true">
    <span>Choose a picture, or drop one here</span>
    <span class="gradcam-drop-file"></span>
  </label>
  <div class="gradcam-drop-message"></div>`;

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "gradcam-drop";
  root.dataset.lmSuppressShortcuts = "true";
  root.innerHTML = HTML;
  el.append(root);
  const [field, input] = ["label", "input"].map((tag) => root.querySelector(tag));
  const fileName = root.querySelector(".gradcam-drop-file");
  const message = root.querySelector(".gradcam-drop-message");

  // Names and messages may hold anything: as textContent, nothing in them becomes HTML.
  function show() {
    const name = model.get("file_name");
    const isUnderWay = model.get("content")?.byteLength > 0;
    fileName.textContent = isUnderWay ? `Sending ${name} …` : name;
    message.setAttribute("role", model.get("message") ? "alert" : "none"); // an alert is read aloud
    message.textContent = model.get("message");
  }

  function send(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes(); // one message to Python, whatever the number of values
  }

  async function take(file) {
    if (!file) return; // the dialog was cancelled, or something else than a file was dropped
    const reason = refusal(file, model.get("maximum_bytes"));
    if (reason) return send({ message: reason });
    try {
      const content = new DataView(await file.arrayBuffer());
      send({ file_name: file.name, message: "", content });
    } catch {
      send({ message: `${file.name} cannot be opened: choose a picture file.` }); // a folder
    }
  }

  function highlight(event) {
    event.preventDefault(); // the browser does not open the file,
    event.stopPropagation(); // and neither does JupyterLab
    field.classList.toggle("gradcam-drop-over", event.type === "dragover");
  }

  for (const type of ["dragenter", "dragover", "dragleave", "drop"])
    field.addEventListener(type, highlight);
  field.addEventListener("drop", (event) => take(event.dataTransfer.files[0]));
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = ""; // choosing the same file again is a change, too
  });

  model.on("change", show);
  show();
  return () => {
    model.off("change", show);
    root.remove(); // and with it what its own elements listen to
  };
}

function refusal({ name, size }, maximum) {
  const limit = `${Number((maximum / 2 ** 20).toPrecision(2))} MB`;
  if (size > maximum) return `${name} is larger than ${limit}: make a smaller copy of the picture.`;
  return size === 0 ? `${name} is empty: choose another file.` : "";
}

export default { render };
