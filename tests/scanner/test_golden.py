from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from scanner import CodeRefused, Verdict, code_at, parse, parse_typed, verify

CODES = Path(__file__).parents[2] / "fixtures" / "codes"
GOLDEN = json.loads((CODES / "golden.json").read_text(encoding="ascii"))
TAG = GOLDEN["tag"]
Row = dict[str, str]


def told(row: Row) -> Row:
    """Read a row's text and say what came of it, in the words of the file."""
    read = parse_typed if row in GOLDEN["typed"] else parse
    try:
        code = read(row["text"], tag=TAG)
    except CodeRefused as refused:
        foreign = {"foreign": str(refused.foreign)} if refused.foreign else {}
        return {"text": row["text"], "refused": str(refused.reason)} | foreign
    printed = {"printed": code.text} if row in GOLDEN["typed"] else {}
    return {"text": row["text"], "kind": type(code).__name__} | printed


@pytest.mark.parametrize("row", GOLDEN["scanned"] + GOLDEN["typed"], ids=lambda row: row["text"])
def test_each_golden_text_is_read_or_refused_as_it_was_when_it_was_printed(row: Row):
    assert told(row) == row


def test_a_scanned_code_is_kept_exactly_as_printed():
    texts = [row["text"] for row in GOLDEN["scanned"] if "kind" in row]
    assert [parse(text, tag=TAG).text for text in texts] == texts
    assert len(texts) == 6


@pytest.mark.parametrize("row", GOLDEN["rotating"], ids=lambda row: str(row["at"]))
def test_each_golden_moment_shows_its_digits(row: dict[str, int | str]):
    secret = str(row["secret"]).encode()
    assert code_at(secret, int(row["at"])) == (row["step_seconds"], row["digits"])
    verdict = verify(
        secret=secret,
        step_seconds=int(row["step_seconds"]),
        digits=str(row["digits"]),
        now=int(row["at"]),
        last_step_burned=None,
    )
    assert verdict is Verdict.GOOD


def test_the_file_is_what_its_maker_makes():
    maker = runpy.run_path(str(CODES / "make_golden.py"))
    made = {"tag": maker["TAG"]} | {part: maker[part]() for part in ("scanned", "typed", "rotating")}
    assert made == GOLDEN
