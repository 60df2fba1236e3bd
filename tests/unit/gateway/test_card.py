"""The card that staff see: half of it at once is worth more than none."""

from typing import Any

import pytest

from services.gateway.asking.answering import checked
from services.gateway.asking.card import card_of
from services.gateway.asking.questions import Away
from services.gateway.refusals import Refusal

MONA = {"customer_id": "mona", "name": "منى", "locale": "ar"}
PAST: dict[str, Any] = {"open_cases": [], "last_purchase": None, "last_feedback": None}
REGULAR = {"customer_id": "mona", "repeat": True, "points": 30}


class FakeServices:
    """What each service answers; `Away` where it does not."""

    def __init__(self, **answers: Any) -> None:
        known = {"customers": MONA, "interactions": PAST, "loyalty": REGULAR}
        self.answers = known | answers

    def ask(self, service: str, *_: Any, **__: Any) -> "Answer":
        return Answer(service, self.answers[service])


class Answer:
    def __init__(self, service: str, content: Any) -> None:
        self.service, self.content = service, content

    def answer(self) -> Any:
        if self.content is Away:
            raise Away(self.service, "no answer")
        return self.content


def card(**answers: Any) -> Any:
    return card_of(FakeServices(**answers), "alias")  # type: ignore[arg-type]


def test_a_regular_is_thanked_and_who_has_complained_is_met_with_an_apology() -> None:
    assert card()["say"]["code"] == "thank"
    assert card(interactions=PAST | {"open_cases": [{}]})["say"]["code"] == "apologise"
    assert card(loyalty=None)["say"]["code"] == "welcome"


def test_the_card_is_of_the_person_whatever_id_was_asked_for() -> None:
    assert card()["customer_id"] == "mona"


def test_of_who_was_erased_only_that_is_said() -> None:
    gone = {"customer_id": "mona", "erased": True}

    assert card(customers=gone) == gone | {"missing": []}


def test_nobody_has_no_card() -> None:
    assert card(customers=None) is None


@pytest.mark.parametrize("service", ["customers", "interactions", "loyalty"])
def test_who_is_silent_is_named_and_the_rest_is_shown(service: str) -> None:
    shown = card(**{service: Away})

    assert shown["missing"] == [service]
    assert shown["customer_id"] == ("alias" if service == "customers" else "mona")
    assert (shown["recognized"] is None) == (service == "loyalty")
    assert (shown["open_cases"] is None) == (service == "interactions")


def test_a_card_without_anything_on_it_is_no_card() -> None:
    with pytest.raises(Away):
        card(customers=Away, interactions=Away, loyalty=Away)


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("unknown_customer", 404, "not_found"),
        ("not_found", 404, "not_found"),
        ("unknown", 404, "not_found"),
        ("invalid_identifier", 422, "invalid"),
        ("conflicting_identifier", 409, "conflicting_identifier"),
        ("customer_erased", 409, "customer_erased"),
    ],
)
def test_what_a_service_refuses_is_refused_with_its_own_reason_in_the_details(
    reason: str, status: int, code: str
) -> None:
    with pytest.raises(Refusal) as caught:
        checked({"error": {"reason": reason, "path": "from", "message": "why"}}, "customer")

    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.details == [{"path": "from", "message": "why", "reason": reason}]


def test_what_is_asked_for_and_is_not_there_is_404_and_anything_else_is_the_answer() -> None:
    with pytest.raises(Refusal, match="no such customer"):
        checked(None, "customer")

    for answer in ([], {}, {"error": None}, {"error": "a word"}, 0):
        assert checked(answer, "customer") is answer
