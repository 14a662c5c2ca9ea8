"""What a receiver gets: the body of an event, and the headers of Standard Webhooks that prove it. Sends nothing."""

import json
from datetime import datetime

from standardwebhooks import Webhook

from ledger import instant
from panel_app.programme.webhook_terms import Delivery, Target


def body_of(delivery: Delivery) -> bytes:
    """The same bytes at every attempt."""
    member = {} if delivery.member_id is None else {"member_id": str(delivery.member_id)}
    message = {
        "type": delivery.type,
        "timestamp": instant(delivery.created_at),
        "data": {**member, **delivery.payload},
    }
    return json.dumps(message, sort_keys=True, separators=(",", ":")).encode("ascii")


def headers_of(target: Target, delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    """`webhook-id` is the event's, at every attempt and at every endpoint; one signature for each secret in force."""
    event_id = str(delivery.event_id)
    signatures = [Webhook(secret).sign(event_id, now, body.decode("ascii")) for secret in target.secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Countermark",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
