"""countermark programme, user, branch, till and member: set-up from the console. Knows no rule of the programme."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click

import ledger
from ledger import Session
from panel_app.commands.opening import database_to_write

_PASSWORD = click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for when it is not given: an argument can be read by others on this machine.",
)


@contextmanager
def _session() -> Iterator[Session]:
    with database_to_write() as database, database.session() as session:
        yield session


@click.group()
def programme() -> None:
    """The programme of this installation."""


@programme.command("create")
@click.option("--name", required=True)
@click.option("--tag", required=True, help="Two symbols that every code will carry, as CM.")
@click.option("--time-zone", required=True, help="The programme's day, as Europe/Berlin.")
def create_programme(name: str, tag: str, time_zone: str) -> None:
    """Found the programme in an empty database, with the roles store user, branch manager, administrator."""
    from panel_app.programme.access import system
    from panel_app.programme.founding import found_programme
    from panel_app.programme.programme_facts import Programme

    with _session() as session:
        facts = Programme(name=name, tag=tag.upper(), time_zone=time_zone, demo=False)
        found_programme(session, system("console"), facts)
    click.echo(f"{name} is founded. Next: countermark branch create, till create, user create.")


@click.group()
def user() -> None:
    """Staff users."""


@user.command("create")
@click.argument("username")
@click.option("--name", required=True, help="As it stands on receipts.")
@click.option("--role", default="store user", show_default=True)
@click.option(
    "--branch", "branch_codes", multiple=True, help="A branch's code; several times; none: every branch."
)
@_PASSWORD
def create_user(username: str, name: str, role: str, branch_codes: tuple[str, ...], password: str) -> None:
    """Make a staff user with a role at branches."""
    from panel_app.programme.access import system
    from panel_app.programme.operators import NewOperator, create_operator

    with _session() as session:
        new = NewOperator(
            username=username,
            display_name=name,
            password=password,
            role=role,
            branch_ids=tuple(_branch(session, code) for code in branch_codes) or (None,),
        )
        create_operator(session, system("console"), new)
    click.echo(f"{username} may sign in.")


@user.command("disable")
@click.argument("username")
def disable_user(username: str) -> None:
    """Disable a staff user and end the user's sessions."""
    from panel_app.programme.access import system
    from panel_app.programme.operators import disable_operator

    with _session() as session:
        disable_operator(session, system("console"), username)
    click.echo(f"{username} is disabled, and signed out everywhere.")


@user.command("reset")
@click.argument("username")
@_PASSWORD
def reset_user(username: str, password: str) -> None:
    """Give a staff user a new password and enable the user again; sessions end and a lock is lifted."""
    from panel_app.programme.access import system
    from panel_app.programme.operators import reset_password

    with _session() as session:
        reset_password(session, system("console"), username, password)
    click.echo(f"{username} has a new password, and is signed out everywhere.")


@click.group()
def branch() -> None:
    """Branches."""


@branch.command("create")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--city", required=True)
@click.option("--currency", required=True, help="ISO 4217, as EUR.")
@click.option("--time-zone", required=True, help="Of the tz database, as Europe/Berlin.")
@click.option("--locale", required=True, help="Language and country, as de_DE.")
def make_branch(code: str, name: str, city: str, currency: str, time_zone: str, locale: str) -> None:
    """Make a branch: cash only, no direct redemption until configured."""
    from panel_app.programme.access import system
    from panel_app.programme.branches import create_branch

    with _session() as session:
        create_branch(
            session,
            system("console"),
            code=code,
            name=name,
            city=city,
            currency=currency,
            time_zone=time_zone,
            locale=locale,
        )
    click.echo(f"branch {code} is there.")


@click.group()
def till() -> None:
    """Tills."""


@till.command("create")
@click.argument("code")
@click.option("--branch", "branch_code", required=True)
@click.option("--name", required=True)
def make_till(code: str, branch_code: str, name: str) -> None:
    """Make a till; a manager enrols a browser as it by signing in there."""
    from panel_app.programme.access import system
    from panel_app.programme.branches import create_till

    with _session() as session:
        branch_id = _branch(session, branch_code)
        create_till(session, system("console"), branch_id=branch_id, code=code, name=name)
    click.echo(f"till {code} of branch {branch_code} is there.")


@till.command("revoke")
@click.argument("code")
@click.option("--branch", "branch_code", required=True)
def revoke(code: str, branch_code: str) -> None:
    """Take the till from the browser that is its device: a tablet that was lost or sold."""
    from panel_app.programme.access import system
    from panel_app.programme.branches import places, revoke_till

    with _session() as session:
        branch_id = _branch(session, branch_code)
        with ledger.read(session):
            found = [place for place in places(session, frozenset({branch_id})) if place.till_code == code]
        if not found or found[0].till_id is None:
            raise click.ClickException(f"branch {branch_code} has no till {code}")
        revoke_till(session, system("console"), found[0].till_id)
    click.echo(f"till {code} of branch {branch_code} has no device any more.")


@click.group()
def member() -> None:
    """Members."""


@member.command("suspend")
@click.argument("external_id")
def suspend_member(external_id: str) -> None:
    """Suspend a member: earns, can't spend."""
    from panel_app.programme.access import system
    from panel_app.programme.members import member_by_external_id
    from panel_app.programme.suspension import suspend

    with _session() as session:
        with ledger.read(session):
            member_id = member_by_external_id(session, external_id)
        suspend(session, system("console"), member_id)
    click.echo(f"{external_id} is suspended.")


def _branch(session: Session, code: str) -> UUID:
    from panel_app.programme.branches import branch_by_code

    with ledger.read(session):
        return branch_by_code(session, code)
