"""What a text is that is no code of ours, as far as its form tells. Knows no words and no code of ours."""

from __future__ import annotations

import re

from scanner.kinds import ForeignKind

# 12 digits are UPC-A, 14 a case of goods; 8 and 13 may be ours too, as a product in the catalogue.
GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
URL = re.compile(r"[a-z][a-z0-9+.-]*://|www\.", re.ASCII | re.IGNORECASE)
# What telephones write into QR codes: the beginning says it all. No two begin alike.
_BEGINNINGS = (
    (ForeignKind.EMAIL, ("mailto:", "matmsg:", "smtp:")),
    (ForeignKind.PHONE, ("tel:", "sms:", "smsto:", "facetime:")),
    (ForeignKind.CONTACT, ("begin:vcard", "mecard:", "bizcard:")),
    (ForeignKind.WIFI, ("wifi:",)),
    (ForeignKind.PLACE, ("geo:",)),
    (ForeignKind.EVENT, ("begin:vevent", "begin:vcalendar")),
    # EPC069-12 for transfers in euro, the Swiss QR-bill, EMVCo's merchant codes, and coins.
    (ForeignKind.PAYMENT, ("bcd\n", "bcd\r\n", "spc\n", "spc\r\n", "000201", "bitcoin:", "ethereum:")),
)


def describe_foreign(text: str) -> ForeignKind:
    """Return what kind of text this is; TEXT when its form tells nothing."""
    bare = text.strip()
    if not bare:
        return ForeignKind.EMPTY
    if GTIN.fullmatch(bare):
        return ForeignKind.EAN
    lowered = bare[:20].lower()
    for kind, beginnings in _BEGINNINGS:
        if lowered.startswith(beginnings):
            return kind
    return ForeignKind.URL if URL.match(bare) else ForeignKind.TEXT
