/**
 * A USB scanner types like a very fast person. Frames its bursts wherever the focus is, keeps what the keys said and
 * where they lie (on a US keyboard), and gives a field back what it had. Never looks at a password or a PIN.
 */

const SILENCE_MS = 120;
const LEAST_KEYS = 8;
const MOST_MS_A_KEY = 60;
const PUNCTUATION = { Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"", Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  " };
const SHIFTED_DIGITS = ")!@#$%^&*(";

/** `scanned(text, textByPosition)` gets each scan; `pressed(key)` a single key that a person pressed outside a field. */
export function listenForScans({ scanned, pressed }) {
  let burst = null;
  let timer = 0;

  window.addEventListener("keydown", (event) => {
    if (event.isComposing || isSecret(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === "Tab") return end(event);
    const position = byPosition(event);
    if (event.key.length !== 1 && position === "") return;
    // The keyboard's own time counts: on a busy page the handler runs late, and a burst must not fall apart.
    if (burst && event.timeStamp - burst.last > SILENCE_MS) finish();
    burst ??= { keys: "", positions: "", first: event.timeStamp, field: fieldBefore(event.target) };
    burst.keys += event.key.length === 1 ? event.key : position;
    burst.positions += position || event.key;
    burst.last = event.timeStamp;
    // A space inside a scan must not press the focused button; a person's own space may.
    if (!burst.field && event.key === " " && burst.keys.length > 1) event.preventDefault();
    clearTimeout(timer);
    // A second turn of the loop lets keys that are already waiting come first.
    timer = setTimeout(() => { timer = setTimeout(finish, 20); }, SILENCE_MS);
  }, { capture: true });

  function end(event) {
    if (!burst || event.timeStamp - burst.last > SILENCE_MS) return undefined;
    // A person's “2, Enter” in one breath: the 2 counts before the Enter does.
    if (!isScan(burst)) return finish();
    event.preventDefault();
    event.stopImmediatePropagation();
    return finish();
  }

  function finish() {
    clearTimeout(timer);
    const done = burst;
    burst = null;
    if (!done) return;
    if (isScan(done)) {
      giveBack(done.field);
      scanned(done.keys, done.positions);
    } else if (done.keys.length === 1 && !done.field) {
      pressed(done.keys);
    }
  }
}

const isScan = ({ keys, first, last }) => keys.length >= LEAST_KEYS && (last - first) / (keys.length - 1) <= MOST_MS_A_KEY;

/** What the key in this place types on a US keyboard; "" for a key that types nothing. */
function byPosition({ code, shiftKey }) {
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code)) return shiftKey ? SHIFTED_DIGITS[code[5]] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  if (code === "NumpadSubtract") return "-";
  return PUNCTUATION[code]?.[shiftKey ? 1 : 0] ?? "";
}

function isSecret(target) {
  return target.matches?.('[type="password"], [data-secret], [autocomplete="one-time-code"]') ?? false;
}

/** The text field under the keys as it was before the burst, or null. */
function fieldBefore(target) {
  if (!target.matches?.("input:not([type=radio], [type=checkbox], [type=file]), textarea, select")) return null;
  // A number field has no selection to keep, and asking for it raises.
  const selection = target.type === "number" || target.tagName === "SELECT" ? null : [target.selectionStart, target.selectionEnd];
  return { target, value: target.value, selection };
}

function giveBack(field) {
  if (!field) return;
  field.target.value = field.value;
  if (field.selection) field.target.setSelectionRange(...field.selection);
  field.target.dispatchEvent(new Event("input", { bubbles: true }));
}
