"""`python -m scanner FILE… | --camera 0 | --video FILE`: pictures in, JSON lines out. Knows only the arguments."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scanner.commands import Preview, scan_camera, scan_files, scan_video


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scanner", description="Read the codes in pictures, in a video or in view of a camera."
    )
    parser.add_argument("files", metavar="FILE", nargs="*", type=Path, help="JPEG, PNG and WebP files")
    parser.add_argument("--camera", metavar="N", type=int, help="this machine's camera N, from 0 on")
    parser.add_argument("--video", metavar="FILE", type=Path)
    parser.add_argument(
        "--preview", action="store_true", help="show the picture (not in the standard install)"
    )
    # JSON lines are the only form there is; the word is accepted so that a script can say what it relies on.
    parser.add_argument("--json", action="store_true", help="JSON lines, which is also the default")
    chosen = parser.parse_args()
    if (chosen.camera is not None) + (chosen.video is not None) + bool(chosen.files) != 1:
        parser.error("give files, a camera or a video")
    preview = Preview.WINDOW if chosen.preview else Preview.NONE
    if chosen.camera is not None:
        return scan_camera(chosen.camera, sys.stdout, preview)
    if chosen.video is not None:
        return scan_video(chosen.video, sys.stdout, preview)
    return scan_files(chosen.files, sys.stdout)


if __name__ == "__main__":
    raise SystemExit(main())
