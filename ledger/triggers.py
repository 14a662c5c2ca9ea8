"""The triggers that keep the books unchanged and balanced, put on by one function. Knows no rows.

SQLite: INSERT OR REPLACE passes UPDATE and DELETE triggers, so a BEFORE INSERT trigger refuses every key
that exists; an entry is closed by its own insert, which comes after its postings. PostgreSQL: TRUNCATE is
refused as well, and after each INSERT the postings are compared with their entry, which comes with them.
"""

import sqlalchemy as sa

Kept = dict[str, list[tuple[str, ...]]]
# Append-only tables, with each set of columns that is unique in them.
KEPT: Kept = {
    "entries": [("id",), ("member_id", "number"), ("hold_id",), ("reverses_id", "reversal_number")],
    "postings": [("entry_id", "line")],
    "hold_events": [("id",)],
    "earmarks": [("hold_id", "lot_id")],
    "draws": [("entry_id", "lot_id")],
    "givebacks": [("entry_id", "taken_by", "lot_id")],
    "leaves": [("id",)],
    "seals": [("number",)],
    "audit_records": [("id",)],
    "stock_movements": [("id",)],
}
# Who gave it and where stands on the entry when it posts, and is sealed as true with it.
ORIGIN = (
    "client",
    "source",
    "branch_id",
    "till_id",
    "operator_id",
    "on_behalf",
    "booking_id",
    "reference",
    "request_id",
)
# Of a pending credit nothing but the status changes, and that once.
PENDING_CHANGED = "OLD.status <> 'pending' OR " + " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}"
    for column in (
        "id",
        "member_id",
        "type",
        "kind",
        "points",
        "party",
        "posts_at",
        "expires_at",
        "created_at",
        *ORIGIN,
    )
)
OUTCOME_KEY = ("client", "operation", "key")


def install(connection: sa.Connection) -> None:
    """Puts on the triggers of the tables there are.

    It ends every migration, because a table that SQLite's batch mode recreates loses its own.
    """
    inspector = sa.inspect(connection)
    there = {
        table: {column["name"] for column in inspector.get_columns(table)}
        for table in inspector.get_table_names()
    }
    # An earlier revision does not have all the keys yet.
    kept = {
        table: [key for key in keys if there[table].issuperset(key)]
        for table, keys in KEPT.items()
        if table in there
    }
    made = _sqlite(kept) if connection.dialect.name == "sqlite" else _postgresql(kept)
    for table, statements in made.items():
        for statement in statements if table in there else ():
            connection.execute(sa.text(statement))


def remove(connection: sa.Connection) -> None:
    """Takes them off before a migration alters tables: SQLite checks every trigger against each change."""
    for found in names(connection):
        table, _dot, name = found.partition(".")
        of = "" if connection.dialect.name == "sqlite" else f" ON {table}"
        connection.execute(sa.text(f"DROP TRIGGER {name}{of}"))


def remove_functions(connection: sa.Connection) -> None:
    """Takes off what PostgreSQL's triggers call, once their tables are gone."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                "DROP FUNCTION IF EXISTS ledger_refuse(), ledger_balance(), entries_balance(), postings_balance()"
            )
        )


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


def _sqlite(kept: Kept) -> dict[str, list[str]]:
    made = {}
    for table, keys in kept.items():
        message = f"{table} are never changed or deleted"
        made[table] = [
            *_before(table, "no_update", "UPDATE", "true", message),
            *_before(table, "no_delete", "DELETE", "true", message),
            *_before(table, "no_replace", "INSERT", _exists(table, keys), message),
        ]
    closed = "EXISTS (SELECT 1 FROM entries WHERE id = NEW.entry_id)"
    made["postings"] += _before("postings", "closed", "INSERT", closed, "the entry is closed")
    unbalanced = (
        "(SELECT count(*) FROM postings WHERE entry_id = NEW.id) <> NEW.lines"
        " OR EXISTS (SELECT 1 FROM postings WHERE entry_id = NEW.id GROUP BY asset HAVING sum(amount) <> 0)"
    )
    made["entries"] += _before("entries", "balance", "INSERT", unbalanced, "the entry does not balance")
    # SQLite learnt IS DISTINCT FROM in 3.39; IS NOT means the same.
    changed = PENDING_CHANGED.replace("IS DISTINCT FROM", "IS NOT")
    message = "pendings are never changed or deleted"
    made["pendings"] = [
        *_before("pendings", "no_delete", "DELETE", "true", message),
        *_before("pendings", "no_update", "UPDATE", changed, message),
        *_before("pendings", "no_replace", "INSERT", _exists("pendings", [("id",)]), message),
    ]
    message = "outcomes are final"
    made["outcomes"] = [
        *_before("outcomes", "no_delete", "DELETE", "true", message),
        *_before("outcomes", "no_update", "UPDATE", "OLD.status <> 'running'", message),
        *_before("outcomes", "no_replace", "INSERT", _exists("outcomes", [OUTCOME_KEY]), message),
    ]
    return made


def _before(table: str, name: str, event: str, when: str, message: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    return [
        f"DROP TRIGGER IF EXISTS {table}_{name}",
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} WHEN {when} {refuse}",
    ]


def _exists(table: str, keys: list[tuple[str, ...]]) -> str:
    same = (" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {condition})" for condition in same)


def _postgresql(kept: Kept) -> dict[str, list[str]]:
    made = {table: _kept(table, "UPDATE OR DELETE") for table in kept}
    made["pendings"] = [
        *_kept("pendings", "DELETE"),
        (
            "CREATE OR REPLACE TRIGGER pendings_no_update BEFORE UPDATE ON pendings FOR EACH ROW"
            f" WHEN ({PENDING_CHANGED}) EXECUTE FUNCTION ledger_refuse()"
        ),
    ]
    made["outcomes"] = [
        *_kept("outcomes", "DELETE"),
        (
            "CREATE OR REPLACE TRIGGER outcomes_no_update BEFORE UPDATE ON outcomes FOR EACH ROW"
            " WHEN (OLD.status <> 'running') EXECUTE FUNCTION ledger_refuse()"
        ),
    ]
    for table in ("entries", "postings"):
        added = "REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
        made[table] += [
            _BALANCE[table],
            f"DROP TRIGGER IF EXISTS {table}_balance ON {table}",
            f"CREATE TRIGGER {table}_balance AFTER INSERT ON {table} {added} EXECUTE FUNCTION {table}_balance()",
        ]
    return made


def _kept(table: str, changes: str) -> list[str]:
    refuse = "EXECUTE FUNCTION ledger_refuse()"
    return [
        _REFUSE,
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE {changes} ON {table} FOR EACH ROW {refuse}",
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {refuse}",
    ]


_REFUSE = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

# Once a statement and not once a row at the commit, which was an eighth of the server's work. An entry and its
# postings come in one statement: what comes later does not fit its `lines`, and what came before could come from
# another transaction, which the entry's own check does not see.
_UNBALANCED = """
CREATE OR REPLACE FUNCTION {table}_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS ({unbalanced}) THEN
    RAISE EXCEPTION 'the entry does not balance' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""
_BALANCE = {
    "entries": _UNBALANCED.format(
        table="entries",
        unbalanced="""
    SELECT 1 FROM added
    WHERE lines <> (SELECT count(*) FROM postings WHERE entry_id = added.id)
      OR EXISTS (SELECT 1 FROM postings WHERE entry_id = added.id GROUP BY asset HAVING sum(amount) <> 0)""",
    ),
    "postings": _UNBALANCED.format(
        table="postings",
        unbalanced="""
    SELECT 1 FROM (SELECT DISTINCT entry_id FROM added) AS touched
    WHERE (SELECT lines FROM entries WHERE id = entry_id)
      IS DISTINCT FROM (SELECT count(*) FROM postings WHERE postings.entry_id = touched.entry_id)""",
    ),
}
