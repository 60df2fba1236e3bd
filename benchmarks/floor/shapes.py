"""What Wafa has just written, as templates: of each kind the document whose size is nearest to the mean."""

from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import bson
from pymongo.collection import Collection

from benchmarks.ground import Room
from services.customers.publishing import snapshot_event
from services.customers.store import CustomerStore
from services.interactions.publishing import recorded
from services.loyalty.domain.outcomes import Recognized, TierChanged
from services.loyalty.domain.tiers import Cause
from services.loyalty.publishing import announcement, member_updated
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document


def save_shapes(room: Room, published: Mapping[str, int], path: Path) -> None:
    """Take the shapes from a room in which Wafa has run; `published` tells how many events of each type."""
    customer = _typical(room.database("customers")["customers"])
    interaction = _typical(room.database("interactions")["interactions"])
    member = _typical(room.database("loyalty")["members"], {"pending.0": {"$exists": True}})
    (known,) = CustomerStore(room.database("customers")).find((), [customer["_id"]]).values()
    others = published.get("loyalty.tier_changed.v1", 0) + published.get("repurchase.due.v1", 0)
    tier_changed = TierChanged("member", "silver", Cause.PURCHASE, now())
    about = (member["_id"], interaction["_id"], interaction["_id"], now())
    shapes = {
        "customer": customer,
        "created": snapshot_event(known),
        "interaction": interaction,
        "recorded": recorded(interaction),
        "member": member,
        "member_updated": member_updated(member),
        "recognized": announcement(Recognized(now(), 2), *about),
        "follow_up": announcement(tier_changed, *about),
        "follow_ups_per_event": others / published["interaction.recorded.v1"],
        "row": _typical(room.database("loyalty")["ledger"]),
        "entry": _typical(room.database("notifications")["audience"]),
        "outreach": _typical(room.database("notifications")["outreach"]),
    }
    path.write_bytes(bson.encode(shapes))


def _typical(collection: Collection[Document], wanted: Document | None = None) -> Document:
    documents = list(collection.find(wanted or {}))
    sizes = [len(bson.encode(document)) for document in documents]
    middle = mean(sizes)
    return min(zip(documents, sizes, strict=True), key=lambda pair: abs(pair[1] - middle))[0]
