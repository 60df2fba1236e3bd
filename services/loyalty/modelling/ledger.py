"""The history of a tenant, out of loyalty's ledger."""

from array import array
from collections import Counter
from datetime import datetime

import numpy as np

from services.loyalty.modelling.dates import day_number
from services.loyalty.modelling.history import History
from services.loyalty.models.store import ModelStore


def history_of(store: ModelStore) -> History:
    """Return what everybody bought and kept, as members' trails have it.

    What was returned counts on its purchase's day, and a day of which everything went back is none. The
    ids of a person count as one.
    """
    returned: Counter[str] = Counter()
    for row in store.returns():
        returned[row["fact"]["purchase"]] += row["fact"]["amount"]
    aliases = store.aliases()
    numbers: dict[str, int] = {}
    people, days, amounts = array("q"), array("q"), array("d")
    for row in store.purchases():
        fact = row["fact"]
        kept = fact["amount"] - returned.get(fact["purchase"], 0)
        day = _day(row["time"])
        # A date before 1970 is a slip of who told it; columns count from there.
        if kept <= 0 < fact["amount"] or day < 0:
            continue
        person = _remains(row["customer_id"], aliases)
        people.append(numbers.setdefault(person, len(numbers)))
        days.append(day)
        amounts.append(max(kept, 0))
    _, dense = np.unique(np.array(people, dtype=np.int64), return_inverse=True)
    return History(dense, np.array(days, dtype=np.int64), np.array(amounts, dtype=float))


def _remains(customer_id: str, aliases: dict[str, str]) -> str:
    seen = {customer_id}
    while (into := aliases.get(customer_id)) is not None and into not in seen:
        seen.add(into)
        customer_id = into
    return customer_id


def _day(time: datetime) -> int:
    return day_number(time.date())
