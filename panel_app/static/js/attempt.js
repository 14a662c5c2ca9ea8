/**
 * The idempotency key of the redemption under way. It is made when the price is accepted, survives a reload, and is
 * forgotten only when the server has answered. Knows no network and no screen.
 */

const STORE = "countermark.attempt";

/** The stored attempt ({key, phase, url, body}), or null. Phases: accepting, accepted, sent. */
export function current() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE));
  } catch {
    return null;
  }
}

/** The key with which this form goes out: the same one when the very same thing is sent again. */
export function begin(kind, url, body) {
  const before = current();
  const phase = kind === "accept" ? "accepting" : "sent";
  const goesOn = before?.phase === "accepted" && kind === "confirm";
  const again = before?.phase === phase && before.url === url && before.body === body;
  const key = goesOn || again ? before.key : newKey();
  return store({ key, phase, url, body });
}

/** The server holds the points: the same key will confirm. */
export function accepted() {
  const attempt = current();
  if (attempt?.phase === "accepting") store({ ...attempt, phase: "accepted" });
}

/** An answer came, or the member left: the next attempt gets a new key. */
export function forget() {
  sessionStorage.removeItem(STORE);
}

function store(attempt) {
  sessionStorage.setItem(STORE, JSON.stringify(attempt));
  return attempt;
}

/** A new idempotency key: a random UUID. */
export function newKey() {
  // randomUUID exists in secure contexts only; on http://<LAN address> the bytes are the same, written by hand.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
