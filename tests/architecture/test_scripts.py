"""The scripts: each runs by itself, stops at the first failure, and tells what is wrong in a word."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

SCRIPTS = sorted([*(ROOT / "script").iterdir(), ROOT / ".ci" / "run"])


def sh(*words: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_runs_and_stops_at_the_first_failure(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert "set -eu" in script.read_text(encoding="utf-8")
    assert sh("/bin/sh", "-n", script).stderr == ""


def test_the_gate_of_the_machine_is_the_gate_of_the_developer() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "set -eu",
        'exec "$(dirname "$0")/../script/test"',
    ]


def test_an_unknown_benchmark_is_told_and_nothing_is_run() -> None:
    result = sh("script/bench", "nosuch")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("there is no benchmark “nosuch”; there are: ")


def test_an_unknown_word_to_setup_is_told() -> None:
    result = sh("script/setup", "--everything")
    assert (result.returncode, result.stderr) == (2, "usage: script/setup [--tests]\n")


def test_a_machine_without_python_is_told_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "script").mkdir()
    shutil.copy(ROOT / "script" / "setup", tmp_path / "script")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dirname").symlink_to(str(shutil.which("dirname")))
    result = sh("/bin/sh", "script/setup", cwd=tmp_path, PATH=str(tmp_path / "bin"))
    assert (result.returncode, result.stderr) == (
        1,
        "countermark needs Python 3.11 or newer, with its venv module\n",
    )
