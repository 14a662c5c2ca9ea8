/** Sends a request to the server and says in one word what came back; knows no states and no screen. */

const TIMEOUT_MS = 5000;
export const NO_ANSWER = Object.freeze({ outcome: "lost", why: "none", waitMs: 0 });
export const csrfToken = () => document.querySelector('meta[name="csrf-token"]').content;

/** Milliseconds by which the server's clock is ahead of this device's, from the last answer's Date. */
export let clockAhead = 0;

/**
 * `isAnew` asks for what the server has told already: it never came on the screen.
 * `outcome` is one of: state (with state and html), nothing, wait, too-large, signed-out, lost. `waitMs` is how long
 * the server wants no further picture.
 * Lost means that nobody knows whether the server did it; `why` is none (no answer, or a late one), fault, or foreign:
 * something between here and the server has answered in its place.
 */
export async function send(url, { body, type, visit, isAnew, timeout = TIMEOUT_MS } = {}) {
  const headers = { Accept: "text/html", "Countermark-Fragment": "1", "X-CSRFToken": csrfToken() };
  if (type) headers["Content-Type"] = type;
  if (visit) headers["Countermark-Visit"] = visit;
  if (isAnew) headers["Countermark-Anew"] = "1";
  const options = { method: body === undefined ? "GET" : "POST", headers, body, credentials: "same-origin" };
  try {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(timeout) });
    return await understand(response);
  } catch {
    return NO_ANSWER;
  }
}

/** The renewal of a hold answers with JSON; null when it was refused or lost. */
export async function sendForJson(url, { method = "POST" } = {}) {
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
    const response = await fetch(url, { method, headers, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
    noteClock(response);
    return response.ok && !response.redirected ? await response.json() : null;
  } catch {
    return null;
  }
}

/** What a response says, in the outcomes of send(). */
export async function understand(response) {
  noteClock(response);
  const waitMs = waitMsOf(response);
  const state = response.headers.get("Countermark-State");
  if (state) return { outcome: "state", waitMs, state, html: await response.text() };
  const { status } = response;
  if (status === 401 || response.redirected) return { outcome: "signed-out", waitMs };
  if (status >= 500) return { outcome: "lost", why: "fault", waitMs };
  return { outcome: { 204: "nothing", 413: "too-large", 429: "wait" }[status] ?? "lost", why: "foreign", waitMs };
}

function waitMsOf({ status, headers }) {
  const asked = Number(headers.get("Countermark-Wait-Ms")) || 0;
  return status === 429 ? Math.max(asked, 1000 * (Number(headers.get("Retry-After")) || 2)) : asked;
}

function noteClock(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) clockAhead = date - Date.now();
}
