"""`python -m scanner FILE…`: picture files in, one JSON line each out. Knows only the arguments."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scanner.commands import scan_files


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scanner", description="Read the codes in JPEG, PNG and WebP files."
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    # JSON lines are the only form there is; the word is accepted so that a script can say what it relies on.
    parser.add_argument("--json", action="store_true", help="one JSON line a file, which is also the default")
    return scan_files(parser.parse_args().files, sys.stdout)


if __name__ == "__main__":
    raise SystemExit(main())
