"""The triggers that keep the books unchanged and balanced, put on by one function. Knows no rows.

SQLite: INSERT OR REPLACE passes UPDATE and DELETE triggers, so a BEFORE INSERT trigger refuses every key
that exists; an entry is closed by its own insert, which comes after its postings. PostgreSQL: TRUNCATE is
refused as well, and a deferred constraint trigger compares the postings with the entry at commit.
"""

import sqlalchemy as sa

# Append-only tables, with each set of columns that is unique in them.
KEPT: dict[str, list[tuple[str, ...]]] = {
    "entries": [("id",), ("member_id", "number"), ("hold_id",)],
    "postings": [("entry_id", "line")],
    "hold_events": [("id",)],
    "earmarks": [("hold_id", "lot_id")],
    "draws": [("entry_id", "lot_id")],
}
OUTCOME_KEY = ("client", "operation", "key")


def install(connection: sa.Connection) -> None:
    """Puts on every trigger; what is there already is replaced, so it also follows a recreated table."""
    statements = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        connection.execute(sa.text(statement))


def names(connection: sa.Connection) -> list[str]:
    """The triggers that are on, as table.trigger, sorted: what a test compares after every migration."""
    if connection.dialect.name == "sqlite":
        found = "SELECT tbl_name || '.' || name FROM sqlite_master WHERE type = 'trigger'"
    else:
        found = (
            "SELECT r.relname || '.' || t.tgname FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND r.relnamespace = current_schema()::regnamespace"
            " AND t.tgenabled IN ('O', 'A')"
        )
    return sorted(connection.exec_driver_sql(found).scalars())


def _sqlite_trigger(table: str, name: str, event: str, when: str, message: str) -> list[str]:
    condition = f"WHEN {when} " if when else ""
    refuse = f"SELECT RAISE(ABORT, '{message}')"
    return [
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} {condition}BEGIN {refuse}; END",
    ]


def _exists(table: str, keys: list[tuple[str, ...]]) -> str:
    same = (" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {condition})" for condition in same)


def _sqlite() -> list[str]:
    made = []
    for table, keys in KEPT.items():
        message = f"{table} are never changed or deleted"
        made += _sqlite_trigger(table, f"{table}_no_update", "UPDATE", "", message)
        made += _sqlite_trigger(table, f"{table}_no_delete", "DELETE", "", message)
        made += _sqlite_trigger(table, f"{table}_no_replace", "INSERT", _exists(table, keys), message)
    open_entry = "EXISTS (SELECT 1 FROM entries WHERE id = NEW.entry_id)"
    made += _sqlite_trigger("postings", "postings_closed", "INSERT", open_entry, "the entry is closed")
    unbalanced = (
        "(SELECT count(*) FROM postings WHERE entry_id = NEW.id) <> NEW.lines"
        " OR EXISTS (SELECT 1 FROM postings WHERE entry_id = NEW.id GROUP BY asset HAVING sum(amount) <> 0)"
    )
    made += _sqlite_trigger("entries", "entries_balance", "INSERT", unbalanced, "the entry does not balance")
    kept = "outcomes are final"
    made += _sqlite_trigger("outcomes", "outcomes_no_delete", "DELETE", "", kept)
    made += _sqlite_trigger("outcomes", "outcomes_no_update", "UPDATE", "OLD.status <> 'running'", kept)
    made += _sqlite_trigger(
        "outcomes", "outcomes_no_replace", "INSERT", _exists("outcomes", [OUTCOME_KEY]), kept
    )
    return made


def _postgresql() -> list[str]:
    made = [_REFUSE, _BALANCE]
    each_row = "FOR EACH ROW EXECUTE FUNCTION"
    for table in (*KEPT, "outcomes"):
        changes = "DELETE" if table == "outcomes" else "UPDATE OR DELETE"
        made.append(
            f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE {changes} ON {table}"
            f" {each_row} ledger_refuse()"
        )
        made.append(
            f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    made.append(
        "CREATE OR REPLACE TRIGGER outcomes_no_update BEFORE UPDATE ON outcomes FOR EACH ROW"
        " WHEN (OLD.status <> 'running') EXECUTE FUNCTION ledger_refuse()"
    )
    for table in ("entries", "postings"):
        made.append(f"DROP TRIGGER IF EXISTS {table}_balance ON {table}")
        made.append(
            f"CREATE CONSTRAINT TRIGGER {table}_balance AFTER INSERT ON {table}"
            f" DEFERRABLE INITIALLY DEFERRED {each_row} ledger_balance()"
        )
    return made


_REFUSE = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_BALANCE = """
CREATE OR REPLACE FUNCTION ledger_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  entry uuid;
BEGIN
  IF TG_TABLE_NAME = 'entries' THEN entry := NEW.id; ELSE entry := NEW.entry_id; END IF;
  IF (SELECT count(*) FROM postings WHERE entry_id = entry)
      IS DISTINCT FROM (SELECT lines FROM entries WHERE id = entry)
    OR EXISTS (SELECT 1 FROM postings WHERE entry_id = entry GROUP BY asset HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'the entry does not balance' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""

_SQLITE = _sqlite()
_POSTGRESQL = _postgresql()
