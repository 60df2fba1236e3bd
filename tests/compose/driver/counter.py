"""What a counter has to tell: purchases by people with an address or a number, and one with a mistake.

`counter.py NAME MISTAKE PERSON...`: each of the people is an e-mail address or a number of the till's system.
"""

import os
import sys
from datetime import UTC, datetime

from wafa.contracts.envelope import Event, make_event
from wafa.runtime.publisher import Publisher

TILL = "pos"
#: Before the past day that docs/operating.md looks at.
MOMENT = datetime(2026, 2, 14, 18, 30, tzinfo=UTC)


def main(name: str, mistake: str, people: list[str]) -> None:
    right = [purchase(f"{name}-{number}", known_by(person)) for number, person in enumerate(people)]
    wrong = purchase(f"{name}-wrong", known_by(people[0]), total={"amount": mistake, "currency": "USD"})
    Publisher(os.environ["PUBLISHER_URI"], name="test till").publish([*right, wrong])


def known_by(person: str) -> dict[str, object]:
    return {"email": person} if "@" in person else {"external_ids": [{"system": TILL, "id": person}]}


def purchase(id: str, customer: dict[str, object], **more: object) -> Event:
    total = {"amount": "12.50", "currency": "USD"}
    data = {"purchase_id": id, "customer": customer, "total": total, "channel": "store", **more}
    return make_event("purchase.completed.v1", source="/till", id=id, time=MOMENT, data=data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
