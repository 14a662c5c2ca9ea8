"""The first step of an installation: one programme in an empty database, with its house accounts and roles."""

import ledger
from ledger import Session
from panel_app.programme import audit, operators, programme_facts
from panel_app.programme.access import ADMINISTRATOR, BRANCH_MANAGER, STORE_USER, Actor, Permission
from panel_app.programme.programme_facts import Programme
from panel_app.programme.refusals import InvalidInput
from panel_app.programme.rules import Rule
from panel_app.programme.steps import Step, plain

ROLES = {"store user": STORE_USER, "branch manager": BRANCH_MANAGER, "administrator": ADMINISTRATOR}


def found_programme(session: Session, actor: Actor, programme: Programme) -> None:
    """Found the programme of this installation; InvalidInput when there is one, or when its tag is no tag."""

    def run() -> None:
        if programme_facts.programme_of(session) is not None:
            raise InvalidInput(field="database", rule=Rule.EMPTY_DATABASE)
        programme_facts.found(session, programme)
        ledger.open_house(session)
        for name, permissions in ROLES.items():
            operators.add_role(session, actor, name, permissions)
        audit.record(session, actor, "programme.founded")

    plain(session, actor, Step(operation="programme.found", permission=Permission.ADMINISTER), run)
