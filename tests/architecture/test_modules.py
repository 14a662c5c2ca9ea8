"""The shape of modules: what they say first, how long they are, what they may not be called."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, functions, named, product_modules

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 60
WORDS_THAT_SAY_NOTHING = {
    *("util", "utils", "helper", "helpers", "common", "base", "misc"),
    *("manager", "service", "services", "handler", "handlers"),
}
# The branch manager is a person, and this is that person's face of the panel.
PEOPLE = {"panel_app/web/manager"}


def faults_of(source: str) -> list[str]:
    """What is wrong with a module by its text alone."""
    tree = ast.parse(source)
    faults = []
    # An empty file only marks a package and has nothing to say.
    if tree.body and not (ast.get_docstring(tree) or "").strip():
        faults.append("does not begin by saying what it is")
    if len(source.splitlines()) > FILE_LINES_MAX:
        faults.append(f"has more than {FILE_LINES_MAX} lines")
    faults += [
        f"{function.name} has more than {FUNCTION_LINES_MAX} lines"
        for function in functions(tree)
        if (function.end_lineno or 0) - function.lineno + 1 > FUNCTION_LINES_MAX and not is_table(function)
    ]
    faults += [
        f"class {node.name} is named by a word that says nothing"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and re.findall("[A-Z][a-z]*", node.name)[-1:]
        and re.findall("[A-Z][a-z]*", node.name)[-1].lower() in WORDS_THAT_SAY_NOTHING
    ]
    return faults


def is_table(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is one match or one value: a closed table has a row for each case, however many."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return len(body) == 1 and isinstance(body[0], ast.Match | ast.Return)


def says_nothing(path: str) -> bool:
    """Whether a module, or the package that an __init__.py stands for, is named by such a word."""
    module = Path(path)
    name = module.parent if module.name == "__init__.py" else module.with_suffix("")
    return name.as_posix() not in PEOPLE and bool(WORDS_THAT_SAY_NOTHING & set(name.name.split("_")))


def test_every_module_has_the_agreed_shape() -> None:
    faults = {named(path): faults_of(path.read_text(encoding="utf-8")) for path in product_modules()}
    assert {name: found for name, found in faults.items() if found} == {}


def test_no_module_is_named_by_a_word_that_says_nothing() -> None:
    assert [named(path) for path in product_modules() if says_nothing(named(path))] == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import os\n", "does not begin by saying what it is"),
        ('"""Room."""\n' + "x = 1\n" * 300, "has more than 300 lines"),
        ('"""Room."""\ndef long():\n' + "    x = 1\n" * 60, "long has more than 60 lines"),
        ('"""Room."""\nclass HoldManager: ...\n', "class HoldManager is named by a word that says nothing"),
    ],
)
def test_a_module_out_of_shape_is_found(source: str, fault: str) -> None:
    assert faults_of(source) == [fault]


def test_a_closed_table_may_be_as_long_as_its_rows() -> None:
    rows = "".join(f"        case {number}:\n            return {number}\n" for number in range(40))
    table = '"""Room."""\ndef status(reason):\n    """Say it."""\n    match reason:\n' + rows
    assert faults_of(table) == []
    assert faults_of(table + "    return 0\n") == ["status has more than 60 lines"]


def test_a_name_that_says_nothing_is_found_and_a_person_is_not() -> None:
    assert says_nothing("ledger/hold_utils.py")
    assert says_nothing("panel_app/services/__init__.py")
    assert not says_nothing("panel_app/web/manager/__init__.py")
    assert not says_nothing("ledger/holds.py")


def test_the_three_packages_are_there() -> None:
    assert {named(path).split("/")[0] for path in product_modules()} == {"ledger", "scanner", "panel_app"}
    assert (ROOT / "pyproject.toml").is_file()
