/** Sends something large and tells how far it is, which fetch can't. Its outcomes are those of answers.js. */

import { csrfToken, NO_ANSWER, understand } from "./answers.js";

const TIMEOUT_MS = 60_000;

/** `visit` is the one on the screen, or ""; `progress(share)` hears from 0 to 1. */
export function upload(url, data, { visit, progress }) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const lost = () => resolve(NO_ANSWER);
    request.open("POST", url);
    request.timeout = TIMEOUT_MS;
    request.setRequestHeader("Accept", "text/html");
    request.setRequestHeader("Countermark-Fragment", "1");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    if (visit) request.setRequestHeader("Countermark-Visit", visit);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.upload.addEventListener("load", () => progress(1));
    request.addEventListener("load", () => understand(responseOf(request, url)).then(resolve, lost));
    request.addEventListener("error", lost);
    request.addEventListener("timeout", lost);
    request.send(data);
  });
}

function responseOf(request, url) {
  const headers = new Headers();
  // An answer of something on the way may have no headers at all.
  for (const line of request.getAllResponseHeaders().trim().split("\r\n").filter(Boolean)) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const response = new Response(request.status === 204 ? null : request.responseText, { status: request.status, headers });
  const isRedirected = new URL(request.responseURL).pathname !== new URL(url, location).pathname;
  return Object.defineProperty(response, "redirected", { value: isRedirected });
}
