"""An erasure: seal the person, tell what to forget, leave tombstones, let everybody hear of it.

Each step looks at the documents for how far it has come, so that anybody may go on from there. Whom it is
about stands in the journal before anybody is sealed, because tombstones do not tell who belonged together.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from services.customers.domain.change import REQUESTED, Change
from services.customers.domain.customer import Customer, root_id, tombstone
from services.customers.domain.identity import Refused
from services.customers.domain.merging import not_there
from services.customers.publishing import events_of, forget_message
from services.customers.settling import MOST_ROUNDS, Publish, new_token
from services.customers.store import CustomerStore
from wafa.runtime.errors import Transient
from wafa.runtime.publisher import Message

Send = Callable[[Sequence[Message]], None]


def erase(
    change: Change, store: CustomerStore, publish: Publish, send: Send, now: datetime
) -> Refused | None:
    """Erase the person whom the first of the change's ids means; return why there is nobody to erase.

    Raises:
        Transient: the person kept changing under our hands.
    """
    for _ in range(MOST_ROUNDS):
        person = everybody(change.customer_ids[0], store)
        known = store.find((), change.customer_ids)
        # Asked after the customers were read, as in `changing`. It also says whom others, who have begun
        # meanwhile, have found to belong to the person since this was asked for.
        noted = store.changes([change.change_id]).get(change.change_id)
        if noted is None or noted.state != REQUESTED:
            return None
        if noted.customer_ids != change.customer_ids:
            change = noted
            continue
        if not any(id not in known or _erased_by(change, known[id]) for id in change.customer_ids):
            # Nothing is done yet.
            if refused := not_there(change.customer_ids[0], "customer_id", known):
                return refused
            if person != [*change.customer_ids]:
                store.name_customers(change.change_id, person)
                continue
        if here := [one for one in known.values() if not one.erased]:
            # First of all, and quickly: then nobody can learn more of them while the rest is done.
            sealed = [one.sealed(change.change_id) for one in here]
            store.write([replace(one, version=one.version + 1, changed_at=now) for one in sealed])
        elif len([one for one in known.values() if one.is_tombstone]) < len(change.customer_ids):
            people = [one for one in known.values() if not one.is_tombstone]
            _bury(change, people, store, send, now)
        else:
            # All at once, so that who has seen one of them has seen all.
            tombstones = [known[id] for id in change.customer_ids]
            publish(events_of(tombstones))
            store.set_swept(tombstones)
            return None
    raise Transient("a customer who is to be erased kept changing")


def everybody(customer_id: str, store: CustomerStore) -> list[str]:
    """Return all ids of the person whom an id means: the one asked for, then the others."""
    known = store.find((), [customer_id])
    root = root_id(customer_id, known)
    others = {root, *(one.customer_id for one in store.aliases(root))} - {customer_id}
    return [customer_id, *sorted(others)]


def _bury(
    change: Change, people: Sequence[Customer], store: CustomerStore, send: Send, now: datetime
) -> None:
    """Say what to look for, remember by hashes whom not to bring back, and leave tombstones.

    What was not published yet of these people stays unsaid: it is personal, and nobody needs it now.
    """
    if people:
        send([forget_message(change, people)])
        store.remember_erased({key for one in people for key in one.held}, change.requested_at)
    token = new_token(now)
    left = [tombstone(id, change.change_id, change.requested_at) for id in change.customer_ids]
    store.bury([replace(one, unpublished=token) for one in left])


def _erased_by(change: Change, customer: Customer) -> bool:
    return customer.change is not None and customer.change.change_id == change.change_id
