/** A photo instead of the live picture: made small enough here, then sent with its progress in view. Reads no codes. */

import { upload } from "./upload.js";

// A code that fills a tenth of the picture still has ten pixels for each of its modules.
const LONG_SIDE = 2048;
const SENT_AS_IT_IS_BYTES = 1024 * 1024;
const BYTES_MAX = 10 * 1024 * 1024;
const QUALITY = 0.85;

const line = document.getElementById("photo-progress");
const bar = line.querySelector("progress");

/** The server's answer; too-large when the photo can't be made small enough to send. */
export async function sendPhoto(file, url, visit) {
  showProgress(0);
  try {
    const photo = await smaller(file);
    if (photo.size > BYTES_MAX) return { outcome: "too-large" };
    const data = new FormData();
    data.append("photo", photo, "photo");
    return await upload(url, data, { visit, progress: showProgress });
  } finally {
    line.hidden = true;
  }
}

/** The photo, not larger than needed. One that this browser can't open goes as it is: the server says what is wrong. */
async function smaller(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!picture) return file;
  const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size <= SENT_AS_IT_IS_BYTES) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  // Each pixel becomes the mean of those it stands for; picking one of them would break fine modules.
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve) => { canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", QUALITY); });
}

function showProgress(share) {
  line.hidden = false;
  if (share < 1) bar.value = share;
  // All of it is there; how long the reading takes nobody knows.
  else bar.removeAttribute("value");
}
