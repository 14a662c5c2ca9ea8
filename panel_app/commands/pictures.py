"""countermark scan: what codes stand in picture files. Opens no database and needs no setting."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line a file, which is also the default.")
@click.pass_context
def scan(context: click.Context, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Read the codes in JPEG, PNG and WebP files.

    The exit code is 1 when one of them was not read.
    """
    del as_json  # lines of JSON are the only form there is
    # Here, not above: the other commands do without the scanner.
    from scanner import scan_files

    context.exit(scan_files(files, sys.stdout))
