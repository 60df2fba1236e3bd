"""Who answers that a complaint is not solved reopens its case: recorded as if its publisher had said so.

What is recorded is a `complaint.reopened.v1` with the source and the id of the complaint, so that everybody
who follows the case follows this too. Its id is derived from the answer: recorded once, whoever is first.

Answer and resolution may come in any order and be taken in by two workers at once. Each inserts what it has,
then looks for what belongs to it: whichever comes second sees the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from services.interactions.domain.answers import contradicted
from services.interactions.domain.cases import REOPENED
from services.interactions.recording import CIRCUMSTANCES, Record, case_event, data_of, make_record
from services.interactions.store import InteractionStore
from wafa.contracts.envelope import content_digest, derive_id, event_key, make_event


def reopenings(records: Iterable[Record], store: InteractionStore, now: datetime) -> list[Record]:
    """Return the reopenings that follow from records just stored, stored themselves.

    Those that were there already are among them: a worker may have died before it told of them.
    """
    records = list(records)
    cases = {one["case_id"] for one in records if "case_id" in one}
    answers = {one["_id"]: one for one in (*records, *store.answers(cases)) if "answers" in one}
    if not answers:
        return []
    told: dict[str, list[Record]] = defaultdict(list)
    for record in store.records_of_cases({one["answers"] for one in answers.values()}):
        told[record["case_id"]].append(record)
    found = [one for answer in answers.values() if (one := _reopening(answer, told[answer["answers"]], now))]
    stored = store.add(found)
    return [stored.get(one["_id"], one) for one in found]


def _reopening(answer: Record, told: Sequence[Record], now: datetime) -> Record | None:
    reopening_id = derive_id(answer["_id"], "reopens")
    # Once recorded it stands, whatever is heard of the time before it.
    if recorded := next((one for one in told if one.get("event_id") == reopening_id), None):
        return recorded
    resolution = contradicted(map(case_event, told), answer["time"])
    if resolution is None:
        return None
    resolved = next(one for one in told if one["_id"] == resolution.key)
    return None if "redacted" in resolved else _made(reopening_id, answer, resolved, now)


def _made(reopening_id: str, answer: Record, resolved: Record, now: datetime) -> Record:
    about = data_of(resolved)
    # Without the comment: somebody else may have answered, and what they said must go when they are erased.
    data = {
        "customer": {"id": resolved["customer_id"]},
        **{name: about[name] for name in ("complaint_id", "category", "severity")},
        **{name: answer[name] for name in CIRCUMSTANCES if name in answer},
        "initiator": "customer",
    }
    event = make_event(
        REOPENED,
        source=resolved["source"],
        id=reopening_id,
        time=answer["time"],
        data=data,
        correlation=answer["correlation_id"],
        causation=answer["event_id"],
    )
    return make_record(event, event_key(event), content_digest(event), resolved["customer_id"], now)
