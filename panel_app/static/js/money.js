/**
 * Reads and shows amounts as the server writes them, for display only. The browser's own tables of locales differ from
 * the server's (en-DE is one case), so the pattern comes from two texts of the server.
 */

/** `amount` is an amount as it stands in a field (“2,00”), `shown` the same one with its currency (“2,00 €”). */
export function reader({ amount, shown }) {
  const [, decimal = "", fraction = ""] = amount.match(/^\d+(?:(\D)(\d+))?$/) ?? [];
  const digits = fraction.length;

  const plain = (minor) => {
    const all = String(minor).padStart(digits + 1, "0");
    return digits ? `${all.slice(0, -digits)}${decimal}${all.slice(-digits)}` : all;
  };
  return {
    plain,
    shown: (minor) => shown.replace(/\d(.*\d)?/, plain(minor)),
    /** Minor units, or NaN for a text that is no amount. */
    read(text) {
      const [whole, part = "", ...more] = decimal ? text.trim().split(decimal) : [text.trim()];
      if (more.length || !/^\d+$/.test(whole) || !/^\d*$/.test(part) || part.length > digits) return NaN;
      return Number(whole + part.padEnd(digits, "0"));
    },
  };
}

/** Whole numbers with the separator that the server put into its 1,000. */
export function grouped(count, thousand) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, thousand.slice(1, -3));
}
