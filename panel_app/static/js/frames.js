/** A frame for the server out of the live picture: its middle, 640 pixels wide, as JPEG. Keeps none. */

// Measured: docs/decisions/0018-frames-from-the-browser.md.
const WIDTH = 640;
const QUALITY = 0.7;
const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { alpha: false });

/** The middle of the picture, 4:3, where a code is held. */
export function jpegOf(video) {
  const height = video.videoHeight;
  const width = Math.min(video.videoWidth, Math.round((height * 4) / 3));
  canvas.width = Math.min(WIDTH, width);
  canvas.height = Math.round((canvas.width * height) / width);
  const left = (video.videoWidth - width) / 2;
  context.drawImage(video, left, 0, width, height, 0, 0, canvas.width, canvas.height);
  // Now: toBlob() leaves the packing to a moment in which the browser has nothing else to do.
  const [, base64] = canvas.toDataURL("image/jpeg", QUALITY).split(",");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
