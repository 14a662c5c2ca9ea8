"""The programme's tables, a file a family; importing it fills the shared MetaData."""

from panel_app.programme.models.catalogue import (
    PriceCash,
    PriceOption,
    PriceRate,
    Reward,
    RewardBranch,
    StockLevel,
    StockMovement,
)
from panel_app.programme.models.claims import Claim
from panel_app.programme.models.clients import ApiClient, ApiKey
from panel_app.programme.models.conversions import Conversion
from panel_app.programme.models.declarative import Row
from panel_app.programme.models.imported import ExternalCode, Voucher
from panel_app.programme.models.members import Member, MemberDevice, Visit
from panel_app.programme.models.people import Assignment, AttemptCount, Operator, Role, SignInSession
from panel_app.programme.models.places import Branch, Till
from panel_app.programme.models.records import AuditRecord, ProgrammeSetting
from panel_app.programme.models.redemptions import Redemption, RedemptionLine, Tender
from panel_app.programme.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiClient",
    "ApiKey",
    "Assignment",
    "AttemptCount",
    "AuditRecord",
    "Branch",
    "Claim",
    "Conversion",
    "ExternalCode",
    "Member",
    "MemberDevice",
    "Operator",
    "PriceCash",
    "PriceOption",
    "PriceRate",
    "ProgrammeSetting",
    "Redemption",
    "RedemptionLine",
    "Reward",
    "RewardBranch",
    "Role",
    "Row",
    "SignInSession",
    "StockLevel",
    "StockMovement",
    "Tender",
    "Till",
    "Visit",
    "Voucher",
    "WebhookDelivery",
    "WebhookEndpoint",
]
