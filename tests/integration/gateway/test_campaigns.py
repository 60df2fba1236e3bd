"""Marketing drafts, looks, launches, stops and measures a campaign over HTTP."""

import pytest

from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import (
    TEXTS,
    acquaint,
    broadcast,
    decisions,
    drafted,
    launched,
    today,
)
from tests.waiting import eventually

FILE = """\
campaign: CAMPAIGN
title: {en: News, ar: جديد}
purpose: marketing
audience: {field: points, op: ge, value: 50}
start: {broadcast: now}
steps:
  - message: {id: hello, template: news, channels: [email]}
"""


def names(front: Front) -> list[str]:
    """All campaigns, by pages of two."""
    pages = [front.get("/v1/campaigns?limit=2").json()]
    while before := pages[-1]["next"]:
        pages.append(front.get(f"/v1/campaigns?limit=2&before={before}").json())
    return [one["campaign"] for page in pages for one in page["campaigns"]]


def test_a_file_is_checked_drafted_and_found_again(front: Front, unique: str) -> None:
    file = FILE.replace("CAMPAIGN", unique)
    marketing = front.holding("marketing")

    checked = marketing.post("/v1/campaigns/check", {"campaign": file, "texts": TEXTS})
    assert checked.json()["steps"] == ["hello: message news by email"], checked.data
    assert marketing.get(f"/v1/campaigns/{unique}").status == 404, "to check keeps nothing"

    kept = marketing.post("/v1/campaigns", {"campaign": file, "texts": TEXTS})
    assert (kept.status, kept.headers["Location"]) == (201, f"/v1/campaigns/{unique}"), kept.data
    assert (kept.json()["state"], kept.json()["newest"]) == ("draft", 1)
    again = marketing.post("/v1/campaigns", {"campaign": file, "texts": TEXTS})
    assert again.json()["newest"] == 1, "the same once more is no new version"

    found = marketing.get(kept.headers["Location"]).json()
    assert found["title"] == {"en": "News", "ar": "جديد"}
    [version] = found["versions"]
    assert version["content"]["audience"] == {"field": "points", "op": "ge", "value": 50}
    assert version["texts"] == {"news": ["ar", "en"]}
    listed = names(marketing)
    assert unique in listed
    assert listed == sorted({*listed}), "each once, by name"


def test_mistakes_in_a_file_come_with_path_and_line_and_nothing_is_kept(front: Front, unique: str) -> None:
    file = FILE.replace("CAMPAIGN", unique).replace("marketing", "promo").replace("points", "point")

    answer = front.post("/v1/campaigns", {"campaign": file, "texts": TEXTS})

    assert answer.status == 422, answer.data
    error = answer.json()["error"]
    assert error["code"] == "invalid"
    assert sorted((one["line"], one["path"]) for one in error["details"]) == [
        (3, "campaign.purpose"),
        (4, "campaign.audience.field"),
    ]
    assert front.get(f"/v1/campaigns/{unique}").status == 404


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "campaign"),
        ({"campaign": 5}, "campaign"),
        ({"campaign": ""}, "campaign"),
        ({"campaign": "campaign: [", "texts": {}}, "campaign"),
        ({"campaign": {}, "texts": []}, "texts"),
        ({"campaign": {}, "texts": {"news": {"en": {"subject": 5}}}}, "texts.news.en.subject"),
        ({"campaign": {}, "texts": {"news": {"English": {}}}}, "texts.news.English"),
        ({"campaign": {}, "texts": {"news": {"en": {"body": "x"}}}}, "texts.news.en.body"),
        ({"campaign": {"$where": "1"}, "texts": {}}, "campaign.$where"),
    ],
)
def test_what_is_no_campaign_is_told_where_it_is_wrong(front: Front, body: object, path: str) -> None:
    answer = front.post("/v1/campaigns", body)

    assert answer.status == 422, answer.data
    assert path in [one["path"] for one in answer.json()["error"]["details"]], answer.data


def test_a_campaign_goes_from_its_preview_to_its_report(front: Front, unique: str) -> None:
    acquaint(front, unique, f"{unique}-a", f"{unique}-b")
    name = drafted(front, broadcast(f"{unique}-c", unique))

    preview = front.post(f"/v1/campaigns/{name}/preview").json()
    assert (preview["people"], preview["now"], preview["dropped"]) == (2, 2, {})
    assert preview["languages"] == {"ar": 2}
    [sample] = preview["samples"]
    assert (sample["direction"], sample["subject"]) == ("rtl", "جديد")
    assert decisions(front, name) == [], "to look plans nothing"

    assert front.post(f"/v1/campaigns/{name}/launch").json()["state"] == "running"
    eventually(lambda: len(decisions(front, name, state="sent")) == 2)
    report = front.get(f"/v1/campaigns/{name}/report").json()
    assert report["messages"]["sent_by_channel"] == {"email": 2}
    assert report["contacted"]["people"] == 2
    assert report["lift"] is None, "nobody was held out"
    assert report["words"]
    assert front.get(f"/v1/campaigns/{name}").json()["states"] == {"sent": 2}


def test_what_is_paused_goes_on_only_when_it_is_resumed(front: Front, unique: str) -> None:
    acquaint(front, unique, unique)
    name = launched(front, broadcast(unique, unique, start={"broadcast": "2099-01-01T09:00:00Z"}))

    for command, state in [
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "running"),
        ("finish", "finished"),
    ]:
        answer = front.post(f"/v1/campaigns/{name}/{command}")
        assert (answer.status, answer.json()["state"]) == (200, state), answer.data


def test_what_its_state_does_not_allow_is_a_conflict(front: Front, unique: str) -> None:
    name = drafted(front, broadcast(unique, unique))
    for command in ("pause", "finish"):
        refused = front.post(f"/v1/campaigns/{name}/{command}")
        assert (refused.status, refused.json()["error"]["code"]) == (409, "wrong_state"), refused.data
    assert front.post(f"/v1/campaigns/{name}/launch").status == 200
    again = front.post(f"/v1/campaigns/{name}/launch")
    assert (again.status, again.json()["error"]["code"]) == (409, "wrong_state"), again.data


def test_a_text_that_cannot_be_sent_stops_the_launch(front: Front, unique: str) -> None:
    texts = {"news": {"en": {"subject": "Hi", "txt": "{{ nonsense }}"}}}
    answer = front.post("/v1/campaigns", {"campaign": broadcast(unique, unique), "texts": texts})
    assert answer.status == 201, answer.data

    refused = front.post(f"/v1/campaigns/{unique}/launch")

    assert refused.status == 422, refused.data
    assert "texts.news.en.txt" in [one["path"] for one in refused.json()["error"]["details"]]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "/launch", None),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("POST", "/finish", None),
        ("POST", "/preview", {}),
        ("POST", "/simulate", {"since": "2026-01-01"}),
        ("GET", "/report", None),
    ],
)
def test_a_campaign_that_there_is_not_is_404(front: Front, method: str, path: str, body: object) -> None:
    answer = front.ask(method, f"/v1/campaigns/nothing{path}", body)

    assert answer.status == 404, answer.data
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("preview", {"on": "soon"}, "on"),
        ("preview", {"on": "2020-01-01"}, "on"),
        ("preview", {"on": {"$gt": ""}}, "on"),
        ("simulate", {}, "since"),
        ("simulate", {"since": "2999-01-01"}, "since"),
        ("simulate", {"since": "2026-01-01", "every": 0}, "every"),
        ("simulate", {"since": "2026-01-01", "limit": "5"}, "limit"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(
    front: Front, unique: str, path: str, body: object, field: str
) -> None:
    name = drafted(front, broadcast(unique, unique))

    answer = front.post(f"/v1/campaigns/{name}/{path}", body)

    assert answer.status == 422, answer.data
    assert [one["path"] for one in answer.json()["error"]["details"]] == [field]


def test_the_past_is_played_page_by_page(front: Front, unique: str) -> None:
    acquaint(front, unique, *(f"{unique}-{number}" for number in range(3)))
    name = drafted(front, broadcast(unique, unique))

    pages = [front.post(f"/v1/campaigns/{name}/simulate", {"since": today(), "limit": 2}).json()]
    while after := pages[-1]["next"]:
        body = {"since": today(), "limit": 2, "after": after}
        pages.append(front.post(f"/v1/campaigns/{name}/simulate", body).json())

    assert pages[0]["total"] >= 3
    assert sum(page["sums"]["looked_at"] for page in pages) == pages[0]["total"]
    assert "total" not in pages[-1]
