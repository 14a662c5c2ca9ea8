from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scanner import BYTES_MAX, scan_files
from tests.scanner.pictures import blank, png, qr


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_file_is_one_line_with_its_payloads(tmp_path: Path):
    code, empty = tmp_path / "code.png", tmp_path / "empty.png"
    code.write_bytes(png(qr("R1\nGrüße")))
    empty.write_bytes(png(blank(height=50, width=50)))
    out = io.StringIO()
    assert scan_files([code, empty], out) == 0
    first, second = lines(out.getvalue())
    assert list(first) == ["file", "payloads", "ms"]
    assert first["file"] == str(code)
    (payload,) = first["payloads"]
    assert list(payload) == ["symbology", "text", "quad"]
    assert (payload["symbology"], payload["text"], len(payload["quad"])) == ("QRCode", "R1\nGrüße", 4)
    assert (second["file"], second["payloads"]) == (str(empty), [])


def test_a_refused_or_missing_file_is_told_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    names = ("film.gif", "missing.png", "folder", "huge.png", "code.png")
    film, missing, folder, huge, code = (tmp_path / name for name in names)
    film.write_bytes(b"GIF89a")
    folder.mkdir()
    with huge.open("wb") as file:
        file.truncate(BYTES_MAX * 100)
    code.write_bytes(png(qr("R1")))
    out = io.StringIO()
    assert scan_files([film, missing, folder, huge, code], out) == 1
    told = lines(out.getvalue())
    assert [line.get("error") for line in told] == [
        "unknown_format",
        "unreadable",
        "unreadable",
        "too_large_bytes",
        None,
    ]
    assert [list(line) for line in told[:4]] == [["file", "payloads", "ms", "error"]] * 4
    assert [line["payloads"] for line in told[:4]] == [[], [], [], []]
    assert told[4]["payloads"][0]["text"] == "R1"
    assert f"scan: {missing}: No such file or directory\n" in capsys.readouterr().err


def test_the_module_is_a_command(tmp_path: Path):
    code = tmp_path / "code.png"
    code.write_bytes(png(qr("R1")))
    command = [sys.executable, "-m", "scanner"]
    done = subprocess.run([*command, str(code), "--json"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert lines(done.stdout.decode())[0]["payloads"][0]["text"] == "R1"
    assert subprocess.run([*command, str(tmp_path / "no")], capture_output=True, check=False).returncode == 1
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
