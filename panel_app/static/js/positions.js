/** What the key in a place types on a US keyboard, for which scanners come set. Knows no other layout. */

const PUNCTUATION = { Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"", Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  " };
const SHIFTED_DIGITS = ")!@#$%^&*(";

/** "" for a key that types nothing. */
export function byPosition({ code, shiftKey }) {
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code)) return shiftKey ? SHIFTED_DIGITS[code[5]] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  if (code === "NumpadSubtract") return "-";
  return PUNCTUATION[code]?.[shiftKey ? 1 : 0] ?? "";
}
