/** The browser's own reader of codes, where it has one. Says what is new in a picture; knows no server. */

const FORMATS = ["qr_code", "code_128", "ean_13"];
// The same text counts once while it stays in view, and for three seconds after, as on the server.
const IN_VIEW_MS = 3000;
// One dimension misreads: the same text must be read twice, soon after one another.
const AGREE_MS = 1000;
const FAILURES_MAX = 3;

/** Null where the browser's detector can't read QR codes. */
export async function makeDetector() {
  const offered = await BarcodeDetector.getSupportedFormats().catch(() => []);
  const formats = FORMATS.filter((format) => offered.includes(format));
  if (!formats.includes("qr_code")) return null;
  return remembering(new BarcodeDetector({ formats }));
}

function remembering(detector) {
  const seen = new Map();
  const readOnce = new Map();
  let failures = 0;

  const counts = ({ format, rawValue }, now) => {
    const before = readOnce.get(rawValue) ?? -Infinity;
    readOnce.set(rawValue, now);
    return format === "qr_code" || now - before < AGREE_MS;
  };

  return {
    works: () => failures < FAILURES_MAX,
    forget: () => seen.clear(),
    /** The codes in view, [{format, rawValue}], if at least one of them wasn't in view before; else none. */
    async newIn(video) {
      const found = await detector.detect(video).then((codes) => { failures = 0; return codes; }, () => { failures += 1; return []; });
      const now = performance.now();
      forgetBefore(readOnce, now - AGREE_MS);
      const good = found.filter((code) => code.rawValue && counts(code, now));
      forgetBefore(seen, now - IN_VIEW_MS);
      const isNew = good.some(({ rawValue }) => !seen.has(rawValue));
      for (const { rawValue } of good) seen.set(rawValue, now);
      return isNew ? good : [];
    },
  };
}

function forgetBefore(moments, limit) {
  for (const [text, moment] of moments) if (moment < limit) moments.delete(text);
}
