"""Who may import whom: the contracts of pyproject.toml hold, and break when they should."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT

# Not resolved: the venv's python is a link to one that has no import-linter beside it.
LINTER = Path(sys.executable).with_name("lint-imports")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_packages_keep_their_contracts() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


def test_a_scanner_that_imports_the_ledger_breaks_a_contract(tmp_path: Path) -> None:
    for package in ("ledger", "scanner", "panel_app", "panel_app/programme", "panel_app/web"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "scanner" / "__init__.py").write_text("import ledger\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert "scanner is not allowed to import ledger" in result.stdout
