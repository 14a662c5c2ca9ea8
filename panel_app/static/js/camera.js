/** The counter's one camera: on, off, the next one, back after it was unplugged; its fault in words. Reads no codes. */

import { cameras, choose, faultOf, givesCameras, isWrongLens, openStream } from "./camera_stream.js";
import { startLooking } from "./looking.js";

const video = document.getElementById("camera");
const view = video.parentElement;
const list = document.querySelector("[data-camera-list]");
const lightButton = document.querySelector("[data-camera-light]");
// Off is what a person wanted; every other fault mends itself when the camera comes back.
let isWanted = true;
let opening = null;
let turning = Promise.resolve();

/**
 * `mayScan()` says whether a picture may be looked at now; `sendFrame(jpeg)` and `sendTexts(found)` give the server's
 * answer. `next` goes to the next camera, after the last one to none.
 */
export function startCamera({ mayScan, sendFrame, sendTexts }) {
  document.querySelector("[data-camera-toggle]").addEventListener("click", () => (video.srcObject ? switchOff() : open()));
  lightButton.addEventListener("click", switchLight);
  list.addEventListener("change", () => take(list.value));
  // A scanner's burst must not choose a camera by its first letters.
  list.addEventListener("keydown", (event) => { if (event.key.length === 1) event.preventDefault(); });
  watchForReturn();
  open();
  const isLive = () => !document.hidden && view.dataset.camera === "live" && video.videoWidth > 0;
  startLooking({ video, mayLook: () => isLive() && mayScan(), sendFrame, sendTexts });
  return { next };
}

function open() {
  isWanted = true;
  opening ??= openOnce().finally(() => { opening = null; });
  return opening;
}

async function openOnce() {
  if (!givesCameras()) return show("insecure");
  show("starting");
  try {
    video.srcObject = await openStream();
    await video.play();
  } catch (error) {
    return close(faultOf(error));
  }
  // Switched off while the browser still asked the person.
  if (!isWanted) return close("off");
  const [track] = video.srcObject.getVideoTracks();
  track.addEventListener("ended", () => { close("none"); open(); });
  show("live");
  return offerWhatItCan(track);
}

function close(fault) {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  lightButton.hidden = true;
  lightButton.setAttribute("aria-pressed", "false");
  delete view.dataset.lens;
  return show(fault);
}

function show(what) {
  view.dataset.camera = what;
}

function switchOff() {
  isWanted = false;
  close("off");
}

async function take(deviceId) {
  choose(deviceId);
  close("starting");
  await open();
}

/** One press after the other: each goes on from where the one before it has come to. */
function next() {
  turning = turning.then(turn);
  return turning;
}

async function turn() {
  if (!video.srcObject) return open();
  const ids = (await cameras()).map(({ deviceId }) => deviceId);
  const following = ids[ids.indexOf(deviceIdNow()) + 1];
  if (following !== undefined) return take(following);
  // The way round begins with the first one again.
  if (ids.length > 1) choose(ids[0]);
  return switchOff();
}

const deviceIdNow = () => video.srcObject?.getVideoTracks()[0].getSettings().deviceId;

async function offerWhatItCan(track) {
  const can = track.getCapabilities?.() ?? {};
  lightButton.hidden = !can.torch;
  if (can.focusMode?.includes("continuous")) track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {});
  const all = await cameras();
  view.dataset.lens = isWrongLens(track, all.length) ? "wrong" : (track.getSettings().facingMode ?? "");
  list.parentElement.hidden = all.length < 2;
  list.replaceChildren(...all.map(({ deviceId, label }, at) => new Option(label || `${at + 1}`, deviceId)));
  list.value = track.getSettings().deviceId;
}

function switchLight() {
  const lit = lightButton.getAttribute("aria-pressed") !== "true";
  lightButton.setAttribute("aria-pressed", String(lit));
  video.srcObject.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: lit }] }).catch(() => {});
}

/** Try again when a camera was plugged in, when the person allowed it, and when the page is looked at again. */
function watchForReturn() {
  const again = () => { if (isWanted && !video.srcObject && !document.hidden) open(); };
  document.addEventListener("visibilitychange", again);
  navigator.mediaDevices?.addEventListener?.("devicechange", again);
  // Some browsers have no such permission to ask about; there the button does it.
  navigator.permissions?.query({ name: "camera" }).then((permission) => permission.addEventListener("change", again)).catch(() => {});
}
