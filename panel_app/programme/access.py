"""Who may do what: the permissions, and the frozen Actor that every use case is given. Knows no web."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ledger import MemberId, Origin
from panel_app.programme.refusals import NotAllowed


class Permission(StrEnum):
    """Every route and every use case names one of these."""

    PUBLIC = "public"  # anybody: sign-in pages, health
    SIGNED_IN = "signed_in"  # any staff user: choosing a place, signing out
    REDEEM = "redeem"  # the counter
    UNDO = "undo"  # one's own Confirm, within a minute
    REVERSE = "reverse"  # any booking of the branch, with a reason
    VIEW_REDEMPTIONS = "view_redemptions"  # the branch's redemptions and a booking's life
    VIEW_MEMBER_LOG = "view_member_log"  # of a member with a booking at the branch: what happened there
    VIEW_WHOLE_MEMBER_LOG = "view_whole_member_log"  # and what happened elsewhere
    VIEW_REPORTS = "view_reports"  # of the programme, with operators and what was on behalf
    ENROL_TILL = "enrol_till"
    MEMBER_SELF = "member_self"  # a member on the own phone, for the own account
    ADMINISTER = "administer"  # branches, tills, users, members, rewards
    EXPIRE = "expire"  # the sweeper
    API_CLIENT = "api_client"  # a program with a key; what it may do say its scopes (scopes.py)
    KEEP_MEMBERS = "keep_members"  # enrol and correct them
    MOVE_POINTS = "move_points"  # credit, debit and transfer
    HOLD_POINTS = "hold_points"
    CLAIM_FOR_MEMBER = "claim_for_member"


STORE_USER = frozenset({Permission.SIGNED_IN, Permission.REDEEM, Permission.UNDO})
BRANCH_MANAGER = STORE_USER | {
    Permission.VIEW_REDEMPTIONS,
    Permission.VIEW_MEMBER_LOG,
    Permission.REVERSE,
    Permission.ENROL_TILL,
}
API_CLIENT = frozenset(
    {
        Permission.API_CLIENT,
        Permission.KEEP_MEMBERS,
        Permission.MOVE_POINTS,
        Permission.HOLD_POINTS,
        Permission.CLAIM_FOR_MEMBER,
    }
)
ADMINISTRATOR = frozenset(Permission) - API_CLIENT - {Permission.MEMBER_SELF}
MEMBER = frozenset({Permission.MEMBER_SELF})
# Of no branch: a role that somebody has at one branch does not give them, whatever the role names.
OF_THE_PROGRAMME = frozenset({Permission.ADMINISTER, Permission.VIEW_REPORTS, Permission.EXPIRE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, from where and with which permissions; made once a request, never changed.

    `client` owns idempotency keys: at the counter it is the till, so that a switch of operator keeps a retry.
    """

    client: str
    source: str
    permissions: frozenset[Permission]
    operator_id: UUID | None = None
    branch_id: UUID | None = None
    till_id: UUID | None = None
    member_id: MemberId | None = None
    on_behalf_of: MemberId | None = None
    request_id: str | None = None
    reach: frozenset[UUID] = frozenset()  # the branches of an API key; none means every branch

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the actor has this permission."""
        if permission is not Permission.PUBLIC and permission not in self.permissions:
            raise NotAllowed(permission=permission.value)

    def branch(self) -> UUID:
        """The branch that scopes every query of this actor; NotAllowed for an actor without one."""
        if self.branch_id is None:
            raise NotAllowed(permission="a branch")
        return self.branch_id

    def till(self) -> UUID:
        """The till in use; NotAllowed for an actor without one."""
        if self.till_id is None:
            raise NotAllowed(permission="a till")
        return self.till_id

    def origin(self, *, booking_id: str | None = None, reference: str | None = None) -> Origin:
        """What the ledger writes on an entry or a hold of this actor."""
        return Origin(
            client=self.client,
            source=self.source,
            branch_id=self.branch_id,
            till_id=self.till_id,
            operator_id=self.operator_id,
            on_behalf=self.on_behalf_of is not None,
            booking_id=booking_id,
            reference=reference,
            request_id=self.request_id,
        )


def system(job: str) -> Actor:
    """The product itself: the sweeper, the seed, a command at the console."""
    return Actor(client=f"system:{job}", source="system", permissions=frozenset(Permission))
