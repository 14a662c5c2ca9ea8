"""The command countermark: its groups, and how expected failures are told. Decides nothing itself."""

from typing import Any

import click
from sqlalchemy import exc

from ledger import Refusal
from panel_app.commands import (
    administration,
    api_keys,
    books,
    codes,
    copies,
    database,
    demo,
    pictures,
    seals,
    serve,
    webhooks,
)
from panel_app.config import SettingsError

HOW_TO_MIGRATE = "The database has no tables, or older ones: run countermark db upgrade"


class ToldInOneLine(click.Group):
    """A group whose expected failures become one line that says what to do, and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error
        except Refusal as refusal:
            raise click.ClickException(_refusal(refusal)) from refusal
        except exc.ArgumentError as error:
            raise click.ClickException(
                "DATABASE_URL is neither sqlite:///FILE nor postgresql://USER:PASSWORD@HOST/NAME"
            ) from error
        except (exc.OperationalError, exc.ProgrammingError) as error:
            raise click.ClickException(_database_failure(error)) from error


def _refusal(refusal: Refusal) -> str:
    told = ", ".join(f"{name} {value}" for name, value in refusal.data().items())
    return f"refused: {refusal}" + (f" ({told})" if told else "")


def _database_failure(error: exc.DBAPIError) -> str:
    # The driver's own words, without the statement and its parameters: those may hold a member's data.
    words = str(error.orig)
    if "no such table" in words or ("relation " in words and "does not exist" in words):
        return HOW_TO_MIGRATE
    return f"the database does not answer as it should: {words.strip()}"


@click.group(cls=ToldInOneLine)
@click.version_option(package_name="countermark")
def main() -> None:
    """Countermark: the in-store redemption panel and the ledger behind it."""


for one in (
    serve.serve,
    database.db,
    demo.seed,
    pictures.scan,
    codes.codes,
    codes.vouchers,
    books.verify,
    books.holds,
    seals.seal,
    copies.backup,
    copies.restore,
    administration.programme,
    administration.user,
    administration.branch,
    administration.till,
    administration.member,
    api_keys.api_key,
    webhooks.webhook,
):
    main.add_command(one)
