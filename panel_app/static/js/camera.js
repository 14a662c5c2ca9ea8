/** One long-lived camera: opens it, names its fault, and takes at most four frames a second. Reads no codes. */

const FRAME_MS = 250;
const LONG_SIDE = 640;
const CHOICE = "countermark.camera";
const FAULT = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", AbortError: "busy" };

const video = document.getElementById("camera");
const view = video.parentElement;
const canvas = document.createElement("canvas");
const switchButton = document.querySelector("[data-camera-switch]");
const lightButton = document.querySelector("[data-camera-light]");

/** `mayScan()` says whether a frame may be taken now; `sendFrame(jpeg)` gives the server's answer. */
export function startCamera({ mayScan, sendFrame }) {
  const toggle = () => (video.srcObject ? close("off") : open());
  document.querySelector("[data-camera-toggle]").addEventListener("click", toggle);
  switchButton.addEventListener("click", takeNext);
  lightButton.addEventListener("click", switchLight);
  open();
  takeFrames({ mayScan, sendFrame });
  return { toggle };
}

async function open() {
  show("starting");
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return show("insecure");
  try {
    video.srcObject = await chosenStream();
    await video.play();
  } catch (error) {
    return close(FAULT[error.name] ?? "busy");
  }
  const [track] = video.srcObject.getVideoTracks();
  track.addEventListener("ended", () => close("none"));
  show("live");
  return offerWhatItCan(track);
}

async function chosenStream() {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const deviceId = localStorage.getItem(CHOICE);
  if (deviceId) {
    try {
      return await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: deviceId }, ...size } });
    } catch (error) {
      // The remembered camera is gone: any camera is better than none. Other faults keep their name.
      if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
      localStorage.removeItem(CHOICE);
    }
  }
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" }, ...size } });
}

function close(fault) {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  lightButton.hidden = true;
  return show(fault);
}

function show(what) {
  view.dataset.camera = what;
}

async function offerWhatItCan(track) {
  const can = track.getCapabilities?.() ?? {};
  lightButton.hidden = !can.torch;
  if (can.focusMode?.includes("continuous")) track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {});
  switchButton.hidden = (await cameras()).length < 2;
}

async function cameras() {
  return (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
}

async function takeNext() {
  const ids = (await cameras()).map(({ deviceId }) => deviceId);
  const now = video.srcObject?.getVideoTracks()[0].getSettings().deviceId;
  localStorage.setItem(CHOICE, ids[(ids.indexOf(now) + 1) % ids.length]);
  close("starting");
  await open();
}

function switchLight() {
  const lit = lightButton.getAttribute("aria-pressed") !== "true";
  lightButton.setAttribute("aria-pressed", String(lit));
  video.srcObject.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: lit }] }).catch(() => {});
}

/** One frame in flight; the next one 250 ms after the last was taken, later when the server asks for it. */
async function takeFrames({ mayScan, sendFrame }) {
  for (;;) {
    const started = performance.now();
    let pause = FRAME_MS;
    if (mayScan() && !document.hidden && view.dataset.camera === "live" && video.videoWidth) {
      const answer = await sendFrame(await jpegOfNow());
      if (answer.outcome === "wait") pause = answer.seconds * 1000;
      if (answer.outcome === "lost") pause = 2000;
    }
    await new Promise((resolve) => { setTimeout(resolve, Math.max(0, started + pause - performance.now())); });
  }
}

/** The middle of the picture, 4:3, where a code is held; 640 pixels wide. */
function jpegOfNow() {
  const height = video.videoHeight;
  const width = Math.min(video.videoWidth, Math.round((height * 4) / 3));
  canvas.width = Math.min(LONG_SIDE, width);
  canvas.height = Math.round((canvas.width * height) / width);
  const left = (video.videoWidth - width) / 2;
  canvas.getContext("2d").drawImage(video, left, 0, width, height, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.7); });
}
