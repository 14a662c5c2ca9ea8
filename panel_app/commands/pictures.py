"""countermark scan: what codes stand in pictures, in a video or before a camera. Opens no database."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--camera", metavar="N", type=int, help="Watch this machine's camera N, from 0 on, until Ctrl-C."
)
@click.option("--video", metavar="FILE", type=click.Path(path_type=Path), help="Watch a video file.")
@click.option("--preview", is_flag=True, help="Show the picture (not in the standard install).")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, which is also the default.")
@click.pass_context
def scan(
    context: click.Context,
    files: tuple[Path, ...],
    camera: int | None,
    video: Path | None,
    *,
    preview: bool,
    as_json: bool,
) -> None:
    """Read the codes in JPEG, PNG and WebP files, in a video, or before a camera of this machine.

    The exit code is 1 when one of them was not read.
    """
    del as_json  # lines of JSON are the only form there is
    if (camera is not None) + (video is not None) + bool(files) != 1:
        raise click.UsageError("give files, a camera or a video")
    # Here, not above: the other commands do without the scanner.
    from scanner import Preview, scan_camera, scan_files, scan_video

    shown = Preview.WINDOW if preview else Preview.NONE
    if camera is not None:
        context.exit(scan_camera(camera, sys.stdout, shown))
    if video is not None:
        context.exit(scan_video(video, sys.stdout, shown))
    context.exit(scan_files(files, sys.stdout))
