// The half of the picture field that runs in the browser: a file in, its bytes out. It is chosen,
// dropped, pasted or taken with the camera; a large one is reduced before it travels.
//
// It shares with Python `content` (the bytes, which Python empties once it has them), `file_name`,
// `message` (what stands below the field), the limits `longest_side` and `maximum_bytes`, and the
// script of the `worker` that reduces.

import { cameraIn, hasCamera } from "./browser/camera.js";
import { mark, speaker } from "./browser/language.js";
import {
  canReadClipboard,
  listenToPaste,
  NO_PICTURE,
  NOT_ALLOWED,
  readClipboard,
} from "./browser/pasted_picture.js";
import { reduceInWorker } from "./browser/reduced_file.js";

const PASTED = mark("pasted picture");
const SHOT = mark("camera picture");
const pageOf = (tell) => `
  <div class="gradcam-drop-field" role="group" tabindex="-1"
    aria-label="${tell("a picture of your own")}">
    <video muted playsinline aria-label="${tell("live picture of the camera")}"></video>
    <div class="gradcam-drop-words">
      <span>${tell("Drop or paste a picture here")}</span>
      <span class="gradcam-drop-file" role="status"></span>
    </div>
    <div class="gradcam-drop-buttons">
      <button type="button" class="gradcam-choose" title="${tell("a JPEG, PNG, WebP or GIF")}">${tell("Choose file")}</button>
      <button type="button" class="gradcam-paste" title="${tell("the picture in the clipboard")}">${tell("Paste")}</button>
      <button type="button" class="gradcam-camera" title="${tell("take a picture")}">${tell("Camera")}</button>
      <button type="button" class="gradcam-shoot">${tell("Take picture")}</button>
      <button type="button" class="gradcam-cancel">${tell("Cancel")}</button>
    </div>
    <input type="file" accept="image/jpeg,image/png,image/webp,image/gif" hidden>
  </div>
  <div class="gradcam-drop-message"></div>`;

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "gradcam-drop";
  const tell = speaker(model, root);
  root.innerHTML = pageOf(tell);
  // JupyterLab leaves the keys to whatever says so, and it asks the focused element before others.
  for (const part of root.querySelectorAll(".gradcam-drop-field, button"))
    part.dataset.lmSuppressShortcuts = "true";
  el.append(root);
  const find = (name) => root.querySelector(`.gradcam-${name}`);
  const [field, fileName, message] = ["field", "file", "message"].map((n) => find(`drop-${n}`));
  const [choose, paste, openCamera] = ["choose", "paste", "camera"].map(find);
  const [shoot, cancel] = ["shoot", "cancel"].map(find);
  const [input, video] = ["input", "video"].map((tag) => root.querySelector(tag));
  let underWay = ""; // what the field is doing
  let files = 0; // that have come

  // Names and messages may hold anything: as textContent, nothing in them becomes HTML.
  function show() {
    const name = model.get("file_name");
    const isSent = model.get("content")?.byteLength > 0;
    fileName.textContent = underWay || (isSent ? tell("Sending {name} …", { name }) : name);
    fileName.title = fileName.textContent; // all of a long one
    message.setAttribute("role", model.get("message") ? "alert" : "none"); // an alert is read aloud
    message.textContent = model.get("message");
  }

  function showUnderWay(words) {
    underWay = words;
    show();
  }

  function send(values) {
    underWay = "";
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes(); // one message to Python, whatever the number of values
    show();
  }

  async function take(file, name = file?.name) {
    if (!file) return; // the dialog was cancelled, or something else than a file was dropped
    files += 1;
    const turn = files;
    camera.close();
    showUnderWay(tell("Reading {name} …", { name }));
    const maximumBytes = model.get("maximum_bytes");
    const limits = { longestSide: model.get("longest_side"), maximumBytes };
    const reduced = await reduceInWorker(model.get("worker"), file, limits);
    const reason = refusal(name, reduced.size, maximumBytes, tell);
    const content = reason ? null : await bytesOf(reduced);
    if (turn !== files) return; // a newer file has come
    if (content) send({ file_name: name, message: "", content });
    else
      send({
        message: reason || tell("{name} cannot be opened: choose a picture file.", { name }),
      }); // a folder
  }

  function takePasted(file) {
    if (file) take(file, tell(PASTED));
    else send({ message: tell(NO_PICTURE) });
  }

  function showCamera(state, reason) {
    const hadFocus = field.contains(field.getRootNode().activeElement);
    field.classList.toggle("gradcam-drop-live", state === "live");
    showUnderWay(state === "opening" ? tell("Waiting for the camera …") : "");
    if (state === "live") send({ message: "" });
    if (reason) send({ message: tell(reason) });
    if (state !== "opening" && hadFocus) (state === "live" ? shoot : openCamera).focus();
  }

  function highlight(event) {
    event.preventDefault(); // the browser does not open the file,
    event.stopPropagation(); // and neither does JupyterLab
    field.classList.toggle("gradcam-drop-over", event.type === "dragover");
  }

  const camera = cameraIn(video, showCamera);
  paste.hidden = !canReadClipboard();
  openCamera.hidden = !hasCamera();
  for (const type of ["dragenter", "dragover", "dragleave", "drop"])
    field.addEventListener(type, highlight);
  field.addEventListener("drop", (event) => take(event.dataTransfer.files[0]));
  choose.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = ""; // choosing the same file again is a change, too
  });
  paste.addEventListener("click", () =>
    readClipboard().then(takePasted, () => send({ message: tell(NOT_ALLOWED) })),
  );
  openCamera.addEventListener("click", camera.open);
  shoot.addEventListener("click", async () => take(await camera.takePicture(), tell(SHOT)));
  cancel.addEventListener("click", () => camera.close());
  field.addEventListener("keydown", ({ key }) => key === "Escape" && camera.close());

  const stopListening = listenToPaste(field, takePasted);
  model.on("change", show);
  show();
  return () => {
    model.off("change", show);
    stopListening();
    camera.close();
    root.remove(); // and with it what its own elements listen to
  };
}

function refusal(name, size, maximum, tell) {
  const limit = `${Number((maximum / 2 ** 20).toPrecision(2))} MB`;
  const values = { name, limit };
  if (size > maximum)
    return tell("{name} is larger than {limit}: make a smaller copy of the picture.", values);
  return size === 0 ? tell("{name} is empty: choose another file.", values) : "";
}

async function bytesOf(blob) {
  return blob.arrayBuffer().then(
    (buffer) => new DataView(buffer),
    () => null,
  );
}

export default { render };
