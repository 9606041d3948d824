"""A courier carries one request after the other, and says of each what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgframe.campaigns.journal.session import Outcome
from msgframe.core.masking import mask_text
from msgframe.errors import (
    ApiError,
    AuthFailed,
    DataError,
    InsufficientCredit,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Throttled,
    UsageError,
)

if TYPE_CHECKING:
    from msgframe.campaigns.journal.session import Claim
    from msgframe.campaigns.sending.desk import Desk
    from msgframe.campaigns.sending.requests import Parcels
    from msgframe.message_central import Client


def carry(desk: Desk, parcels: Parcels, client: Client) -> None:
    """Take requests from the desk until it has no more."""
    outcome = None
    while (claim := desk.next(outcome)) is not None:
        outcome = deliver(claim, desk, parcels, client)


def deliver(claim: Claim, desk: Desk, parcels: Parcels, client: Client) -> Outcome:
    """Send one request, tell the desk how it went, and give what is to be written down."""
    try:
        answer = client.send(parcels.request(claim.request))
    except Throttled as busy:
        desk.throttle(busy)
        return _back(claim, busy)
    except NotSent as error:
        desk.trouble(error)
        return _back(claim, error)
    except (AuthFailed, InsufficientCredit) as error:
        # The vendor took nothing, and would take nothing else either.
        desk.stop(error)
        return _back(claim, error)
    except OutcomeUnknown as error:
        desk.trouble(error)
        return _ended(claim, "unknown", error)
    except (Rejected, UsageError, DataError) as error:
        desk.refusal(error)
        return _ended(claim, "failed", error)
    except BaseException as error:  # noqa: BLE001  (whatever it was, the texts may be out)
        desk.stop(error)
        return _ended(claim, "unknown", error)
    desk.pressure.accepted()
    return Outcome(
        claim,
        "accepted",
        code=answer.code,
        status=answer.status,
        verification_id=answer.verification_id,
        transaction_id=answer.transaction_id,
    )


def _back(claim: Claim, error: ApiError) -> Outcome:
    return Outcome(
        claim, "planned", code=error.code, status=error.status, error=mask_text(str(error))
    )


def _ended(claim: Claim, state: Literal["failed", "unknown"], error: BaseException) -> Outcome:
    return Outcome(
        claim,
        state,
        code=getattr(error, "code", None),
        status=getattr(error, "status", None),
        error=mask_text(str(error)) or type(error).__name__,
    )
