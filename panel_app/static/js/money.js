/** Reads and shows amounts in the branch's locale as whole minor units, for display only. */

export function reader(locale, currency) {
  const shownAs = new Intl.NumberFormat(locale, { style: "currency", currency });
  const digits = shownAs.resolvedOptions().maximumFractionDigits;
  const plainAs = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false });
  const decimal = plainAs.formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
  const own = [...new Intl.NumberFormat(locale, { useGrouping: false }).format(9876543210)].reverse();

  return {
    shown: (minor) => shownAs.format(minor / 10 ** digits),
    plain: (minor) => plainAs.format(minor / 10 ** digits),
    /** Minor units, or NaN for a text that is no amount. */
    read(text) {
      const western = [...text.trim()].map((sign) => (own.includes(sign) ? own.indexOf(sign) : sign)).join("").replace(decimal, ".");
      return /^\d+(\.\d*)?$/.test(western) ? Math.round(Number(western) * 10 ** digits) : NaN;
    },
  };
}
