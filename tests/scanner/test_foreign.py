from __future__ import annotations

import pytest

from scanner import CodeReason, CodeRefused, ForeignKind, describe_foreign, parse

EXAMPLES = {
    "": ForeignKind.EMPTY,
    " \t\r\n": ForeignKind.EMPTY,
    "https://example.com/r?c=1": ForeignKind.URL,
    "HTTP://EXAMPLE.COM": ForeignKind.URL,
    "www.example.com": ForeignKind.URL,
    "036000291452": ForeignKind.EAN,
    "04006381333931": ForeignKind.EAN,
    "mailto:someone@example.com": ForeignKind.EMAIL,
    "MATMSG:TO:someone@example.com;;": ForeignKind.EMAIL,
    "tel:+4930123456": ForeignKind.PHONE,
    "SMSTO:+4930123456:Hello": ForeignKind.PHONE,
    "BEGIN:VCARD\nVERSION:3.0\nN:Doe\nEND:VCARD": ForeignKind.CONTACT,
    "MECARD:N:Doe,Jo;;": ForeignKind.CONTACT,
    "WIFI:S:shop;T:WPA;P:secret;;": ForeignKind.WIFI,
    "geo:52.52,13.40": ForeignKind.PLACE,
    "BEGIN:VEVENT\nSUMMARY:Sale\nEND:VEVENT": ForeignKind.EVENT,
    "BCD\n002\n1\nSCT\nBIC\nName\nDE00\nEUR1": ForeignKind.PAYMENT,
    "SPC\r\n0200\r\n1\r\nCH00": ForeignKind.PAYMENT,
    "00020101021126360014": ForeignKind.PAYMENT,
    "bitcoin:1abc": ForeignKind.PAYMENT,
    "Good morning": ForeignKind.TEXT,
    "telegram": ForeignKind.TEXT,
    "1234567": ForeignKind.TEXT,
    "０４００６３８１３３３９３１": ForeignKind.TEXT,  # noqa: RUF001  full-width digits are none here
    "漢字": ForeignKind.TEXT,
}


@pytest.mark.parametrize(("text", "kind"), EXAMPLES.items())
def test_a_foreign_text_is_told_by_its_form(text: str, kind: ForeignKind):
    assert describe_foreign(text) is kind
    with pytest.raises(CodeRefused) as caught:
        parse(text, tag="7K")
    assert (caught.value.reason, caught.value.foreign) == (CodeReason.UNKNOWN_KIND, kind)


def test_every_kind_has_an_example():
    assert set(EXAMPLES.values()) == set(ForeignKind)
