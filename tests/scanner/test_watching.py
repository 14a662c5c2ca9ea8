from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from scanner import Preview, scan_camera, scan_video
from tests.scanner.pictures import Grey, bars_of_ean_13, blank, qr

EAN = "4006381333931"
SIZE = (320, 240)


def scene(symbol: Grey | None = None) -> Grey:
    picture = blank(height=SIZE[1], width=SIZE[0])
    if symbol is not None:
        shown = cv2.resize(symbol, (280, 200) if symbol.shape[1] > 300 else (200, 200))
        picture[20:220, 20 : 20 + shown.shape[1]] = shown
    return picture


def filmed(path: Path, *scenes: tuple[Grey, int]) -> Path:
    """Write a video in which each scene stands for so many frames, with a camera's grain."""
    grain = np.random.default_rng(7)
    film = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, SIZE)
    assert film.isOpened()
    for picture, frames in scenes:
        for _ in range(frames):
            noisy = np.clip(picture + grain.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
            film.write(cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR))
    film.release()
    return path


def watched(path: Path) -> list[tuple[int, str, str]]:
    out = io.StringIO()
    assert scan_video(path, out, Preview.NONE) == 0
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all(list(line) == ["frame", "symbology", "text", "quad"] for line in lines)
    return [(line["frame"], line["symbology"], line["text"]) for line in lines]


def test_a_code_in_a_video_is_one_line_when_it_comes_into_view(tmp_path: Path):
    film = filmed(tmp_path / "film.avi", (scene(), 5), (scene(qr("R1ONE")), 20), (scene(qr("R1TWO")), 5))
    assert watched(film) == [(5, "QRCode", "R1ONE"), (25, "QRCode", "R1TWO")]


def test_a_code_that_comes_again_after_three_seconds_is_told_again(tmp_path: Path):
    code = scene(qr("R1"))
    film = filmed(tmp_path / "film.avi", (code, 3), (scene(), 60), (code, 3), (scene(), 91), (code, 3))
    assert [frame for frame, _, _ in watched(film)] == [0, 157]


def test_a_bar_code_in_a_video_is_told_once(tmp_path: Path):
    film = filmed(tmp_path / "film.avi", (scene(bars_of_ean_13(EAN)), 12))
    ((frame, symbology, text),) = watched(film)
    assert (symbology, text) == ("EAN13", EAN)
    assert frame <= 4


def test_a_file_that_is_no_video_and_a_camera_that_is_not_there_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "words.avi").write_text("no film")
    out = io.StringIO()
    assert scan_video(tmp_path / "words.avi", out, Preview.NONE) == 1
    assert capsys.readouterr().err == "scan: this file is no video that can be read\n"
    assert scan_camera(97, out, Preview.NONE) == 1
    assert "there is no such camera" in capsys.readouterr().err
    assert out.getvalue() == ""


@pytest.mark.parametrize("frames", [0, 3], ids=["busy", "unplugged"])
def test_a_camera_that_gives_no_further_picture_is_a_failure(
    frames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    film = filmed(tmp_path / "film.avi", (scene(qr("R1")), 3))
    camera = cv2.VideoCapture(str(film))  # gives its pictures, then none, as the driver of a camera does
    for _ in range(3 - frames):
        assert camera.grab()
    monkeypatch.setattr(cv2, "VideoCapture", lambda _number: camera)
    out = io.StringIO()
    assert scan_camera(0, out, Preview.NONE) == 1
    assert len(out.getvalue().splitlines()) == bool(frames)
    assert capsys.readouterr().err == (
        "scan: the camera gives no picture: plug it in again, and close the program that has it\n"
    )


@pytest.mark.skipif("GTK" in cv2.getBuildInformation(), reason="this OpenCV has windows")
def test_a_preview_without_windows_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    film = filmed(tmp_path / "film.avi", (scene(), 1))
    assert scan_video(film, io.StringIO(), Preview.WINDOW) == 1
    assert capsys.readouterr().err == (
        "scan: the OpenCV of the standard install has no windows: leave --preview away, or uninstall "
        "opencv-contrib-python-headless and then install opencv-contrib-python\n"
    )


@pytest.mark.parametrize("command", [["-m", "scanner"], ["-m", "panel_app", "scan"]])
def test_the_command_watches_a_video(tmp_path: Path, command: list[str]):
    film = filmed(tmp_path / "film.avi", (scene(qr("R1")), 2))
    done = subprocess.run([sys.executable, *command, "--video", str(film)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["text"] == "R1"
    both = subprocess.run(
        [sys.executable, *command, "--video", str(film), "--camera", "0"], capture_output=True, check=False
    )
    assert both.returncode == 2
    assert b"give files, a camera or a video" in both.stderr
