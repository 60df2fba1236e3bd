"""The card that staff see when the customer stands before them, put together from what the services know.

All are asked at the same time. When one does not answer, the card shows what the others know and names in
`missing` who is silent: half a card at once is worth more at a counter than none.
"""

from typing import Any

from services.gateway.asking.questions import Away, Question, Services
from wafa.advice import advice
from wafa.explaining import explanations

#: Seconds that staff are let wait for a service.
PATIENCE = 2.0


def card_of(services: Services, customer_id: str) -> dict[str, Any] | None:
    """Return the card of a customer, None when there is nobody of that id.

    Raises:
        Away: nobody at all answers.
    """
    questions = {
        "customers": services.ask("customers", "get", customer_id, within=PATIENCE),
        "interactions": services.ask("interactions", "card", customer_id, within=PATIENCE),
        "loyalty": services.ask("loyalty", "member", customer_id, within=PATIENCE, categories=True),
    }
    missing: list[str] = []
    known = {name: _answer(question, name, missing) for name, question in questions.items()}
    if len(missing) == len(questions):
        raise Away(missing[0], "neither do the others")
    customer, member, past = known["customers"], known["loyalty"], known["interactions"] or {}
    if customer is None and "customers" not in missing:
        return None
    if customer and customer.get("erased"):
        return {"customer_id": customer["customer_id"], "erased": True, "missing": []}
    profile = customer or {"customer_id": customer_id}
    repeat = bool(member and member["repeat"])
    return {
        "customer_id": profile["customer_id"],
        "name": profile.get("name"),
        "locale": profile.get("locale"),
        "recognized": None if "loyalty" in missing else repeat,
        "say": advice(complains=bool(past.get("open_cases")), regular=repeat),
        "member": member,
        "explanations": explanations(member),
        "open_cases": past.get("open_cases"),
        "last_purchase": past.get("last_purchase"),
        "last_feedback": past.get("last_feedback"),
        "missing": missing,
    }


def _answer(question: Question, service: str, missing: list[str]) -> Any:
    try:
        return question.answer()
    except Away:
        missing.append(service)
        return None
