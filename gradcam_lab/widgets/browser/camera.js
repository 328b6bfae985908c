// The camera in a field: its live picture, until one picture is taken.

import { mark } from "./language.js";

const WISHES = { video: { width: { ideal: 1280 }, facingMode: { ideal: "environment" } } };
const PACKED = ["image/jpeg", 0.92];
const STOPPED = mark("The camera has stopped: try again, or choose a file.");
const REASONS = {
  NotAllowedError: mark(
    "The browser does not let this page use the camera: allow it beside the page's address, or choose a file.",
  ),
  NotFoundError: mark("No camera was found: connect one, or choose a file."),
  NotReadableError: mark(
    "The camera is busy: close the other program that uses it, or choose a file.",
  ),
};

export function hasCamera() {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

// Show live pictures in a <video>. `showing` hears "opening", "live" or "closed", and with "closed"
// why, if something went wrong. However it ends, the camera is released.
export function cameraIn(video, showing) {
  let isOpen = false;
  let turns = 0; // so far: a camera that opens after it was closed again is released at once

  async function open() {
    if (isOpen) return;
    isOpen = true;
    turns += 1;
    const turn = turns;
    showing("opening");
    try {
      const stream = await navigator.mediaDevices.getUserMedia(WISHES);
      if (turn !== turns) return release(stream);
      video.srcObject = stream;
      for (const track of stream.getTracks()) track.onended = () => close(STOPPED);
      await video.play();
      if (turn === turns) showing("live");
    } catch ({ name }) {
      if (turn === turns) close(REASONS[name] ?? STOPPED);
    }
  }

  function close(reason = "") {
    if (!isOpen) return;
    isOpen = false;
    turns += 1;
    release(video.srcObject);
    video.srcObject = null;
    showing("closed", reason);
  }

  // Resolves to a file of what is seen now.
  function takePicture() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    close();
    return new Promise((resolve) => canvas.toBlob(resolve, ...PACKED));
  }

  // A notebook takes cells that are out of sight off the page, and does not tell them.
  const onPage = new ResizeObserver(() => video.srcObject && !video.isConnected && close());
  onPage.observe(video);
  return { open, close, takePicture };
}

function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
