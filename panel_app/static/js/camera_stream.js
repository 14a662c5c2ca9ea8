/** Opens a camera, the one that was chosen before if it is there, and names what went wrong. Looks at no picture. */

const CHOICE = "countermark.camera";
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
const FAULT = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none" };
// Errors that say “no camera is like that”; one that is less wished for may still be there.
const NONE_LIKE_THAT = new Set(["NotFoundError", "OverconstrainedError"]);
// A camera that sees heat, or none at all: Windows' face recognition has one, meeting programs have the other.
const SEES_NO_CODE = /\b(ir|infrared|virtual)\b/i;

/** Whether the browser gives cameras at this address at all. */
export const givesCameras = () => window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

/** A word for what getUserMedia or play() refused with: denied, none or busy. */
export const faultOf = (error) => FAULT[error.name] ?? "busy";

export async function openStream() {
  let missed = null;
  for (const video of wishes()) {
    try {
      return await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      if (!NONE_LIKE_THAT.has(error.name)) throw error;
      missed = error;
    }
  }
  throw missed;
}

export async function cameras() {
  return (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
}

/** The choice is kept while its camera is unplugged: the same one is meant when it is back. */
export function choose(deviceId) {
  localStorage.setItem(CHOICE, deviceId);
}

/** Whether this camera looks the wrong way, or sees no codes, and there is another one that nobody refused. */
export function isWrongLens(track, count) {
  const { deviceId, facingMode } = track.getSettings();
  const chosen = localStorage.getItem(CHOICE) === deviceId;
  return count > 1 && !chosen && (facingMode === "user" || SEES_NO_CODE.test(track.label));
}

/** What is asked for, best first; the last takes whatever there is. */
function wishes() {
  const deviceId = localStorage.getItem(CHOICE);
  const chosen = deviceId ? [{ deviceId: { exact: deviceId }, ...SIZE }] : [];
  return [...chosen, { facingMode: { ideal: "environment" }, ...SIZE }, true];
}
