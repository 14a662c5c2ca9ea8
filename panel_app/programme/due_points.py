"""What time does to points, as a step: pending ones post, lots expire. Nobody waits for it."""

import ledger
from ledger import Session
from panel_app.programme.access import Actor, Permission
from panel_app.programme.steps import Step, plain


def settle_due(session: Session, actor: Actor, *, limit: int = 100) -> int:
    """Post what is due and expire what has run out, for some members; gives how many entries were made."""

    def run() -> int:
        posted = ledger.post_due(session, actor.origin(), limit=limit)
        return len(posted) + len(ledger.expire_lots(session, actor.origin(), limit=limit))

    return plain(session, actor, Step(operation="points.settle", permission=Permission.EXPIRE), run)
