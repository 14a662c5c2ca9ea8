"""Who may end a transaction: two modules; and every flush says why it stands where it stands."""

import ast

from tests.architecture.tree import named, product_modules

MAY_COMMIT = {"ledger/database.py", "ledger/transactions.py", "panel_app/programme/steps.py"}


def commits(source: str) -> list[int]:
    """The lines that call commit on anything."""
    return [call.lineno for call in _calls(source) if _method(call) == "commit"]


def flushes_without_a_reason(source: str) -> list[int]:
    """The lines that flush a session with no comment above or beside it."""
    lines = source.splitlines()
    return [
        call.lineno
        for call in _calls(source)
        if _method(call) == "flush"
        and "session" in ast.unparse(call.func)
        and not lines[call.lineno - 2].strip().startswith("#")
        and "# " not in lines[call.lineno - 1]
    ]


def test_only_the_ledger_and_the_steps_commit() -> None:
    offenders = {
        named(path): commits(path.read_text(encoding="utf-8"))
        for path in product_modules()
        if named(path) not in MAY_COMMIT
    }
    assert {name: lines for name, lines in offenders.items() if lines} == {}


def test_every_flush_says_why() -> None:
    offenders = {
        named(path): flushes_without_a_reason(path.read_text(encoding="utf-8")) for path in product_modules()
    }
    assert {name: lines for name, lines in offenders.items() if lines} == {}


def test_a_commit_is_found_whatever_it_is_called_on() -> None:
    assert commits("def confirm(db):\n    db.session.commit()\n") == [2]
    assert commits("with begin() as connection:\n    connection.commit()\n") == [2]
    assert commits("committed = True\n") == []


def test_a_flush_without_a_reason_is_found() -> None:
    assert flushes_without_a_reason("x = 1\nsession.flush()\n") == [2]
    assert flushes_without_a_reason("# The line needs its redemption's row.\nsession.flush()\n") == []
    assert flushes_without_a_reason("x = 1\nsession.flush()  # the line refers to it\n") == []
    assert flushes_without_a_reason("x = 1\nout.flush()\n") == []


def _calls(source: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def _method(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None
