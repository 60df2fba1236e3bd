"""The holdout: who is left out of a campaign, so that its effect can be measured."""

import hashlib

from services.notifications.domain.campaign import WHOLE


def held_out(campaign: str, customer_id: str, share: int) -> bool:
    """Tell whether a customer belongs to the holdout of a campaign; `share` in hundredths of a percent.

    It is a hash of customer and campaign: the same for ever, in every version, and independent from one
    campaign to the next. Who is held out at a smaller share is so at a larger one.
    """
    digest = hashlib.sha256(f"{campaign}\n{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % WHOLE < share
