"""Texts are checked and looked at before anybody is written to."""

import pytest

from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import TEXTS


def test_what_is_wrong_with_a_text_is_told_with_its_place(front: Front) -> None:
    texts = {"news": {"en": {"subject": "News", "txt": "Hello\n{{ nobody }}\n"}}}

    found = front.post("/v1/templates/check", {"texts": texts}).json()["findings"]

    errors = [(one["language"], one["part"], one["line"]) for one in found if one["level"] == "error"]
    assert ("en", "txt", 2) in errors


def test_a_text_is_shown_filled_in_in_each_language(front: Front) -> None:
    shown = front.post("/v1/templates/show", {"texts": TEXTS, "template": "news"}).json()["texts"]

    assert [(one["language"], one["direction"], one["subject"]) for one in shown] == [
        ("ar", "rtl", "جديد"),
        ("en", "ltr", "News"),
    ]
    assert all("<html" in one["html"] for one in shown)


def test_without_texts_those_that_come_with_it_are_shown(front: Front) -> None:
    shown = front.post("/v1/templates/show", {}).json()["texts"]

    assert {("win_back", "ar"), ("win_back", "en")} <= {(one["template"], one["language"]) for one in shown}
    assert not [one for one in shown if "fault" in one]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("check", {}),
        ("check", {"texts": {}, "purpose": "fun"}),
        ("check", {"texts": {"../etc": {"en": {"passwd": "x"}}}}),
        ("show", {"template": "nothing"}),
        ("show", {"texts": {"news": {"en": {"txt": None}}}}),
    ],
)
def test_what_is_no_text_is_refused(front: Front, path: str, body: object) -> None:
    answer = front.post(f"/v1/templates/{path}", body)

    assert (answer.status, answer.json()["error"]["code"]) == (422, "invalid"), answer.data
