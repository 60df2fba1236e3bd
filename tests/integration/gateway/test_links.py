"""A link in a real mail, followed the way that people, scanners and mail programs follow it."""

import re

from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import (
    acquaint,
    audience,
    broadcast,
    decisions,
    event,
    launched,
    mail_to,
    publish,
)
from tests.waiting import eventually


def consenting(front: Front, group: str) -> int:
    rule = {"and": [audience(group), {"field": "consented", "op": "eq", "value": "email/marketing"}]}
    return int(front.post("/v1/segments/count", {"rule": rule}).json()["count"])


def test_one_click_ends_it_and_the_next_campaign_knows(front: Front, unique: str) -> None:
    acquaint(front, unique, unique)
    first = launched(front, broadcast(f"{unique}-1", unique))
    mail = mail_to(front, unique)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [link] = re.findall("<(https?://[^>]+)>", mail["List-Unsubscribe"])
    assert link.startswith(f"{front.url}/u/"), "links lead to the front door"
    stranger = Front(front.stack)
    path = link.removeprefix(front.url)

    page = stranger.get(path, **{"Accept-Language": "ar"})
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8"), page.data
    assert 'dir="rtl"' in page.data.decode()
    assert unique not in page.data.decode(), "nothing of the person is on it"
    assert consenting(front, unique) == 1, "to look changes nothing"

    posted = {"Content-Type": "application/x-www-form-urlencoded"}
    done = stranger._http.request("POST", link, body=b"List-Unsubscribe=One-Click", headers=posted)
    assert done.status == 200, done.data
    assert "Set-Cookie" not in done.headers
    eventually(lambda: consenting(front, unique) == 0)

    second = launched(front, broadcast(f"{unique}-2", unique))
    [row] = eventually(lambda: decisions(front, second, state="dropped"))
    assert row["reason"] == "unsubscribed"
    assert [one["state"] for one in decisions(front, first)] == ["sent"]


def test_an_answer_by_a_link_reopens_the_complaint(front: Front, unique: str) -> None:
    acquaint(front, unique, unique)
    about = {"complaint_id": unique, "category": "late", "severity": "high"}
    texts = {"ask": {"en": {"subject": "Solved?", "txt": "{{ answer_yes }}\n{{ answer_no }}\n"}}}
    step = {"message": {"id": "ask", "template": "ask", "channels": ["email"]}}
    campaign = {
        "campaign": unique,
        "title": {"en": "Solved?", "ar": "هل حُلّت؟"},
        "purpose": "service",
        "audience": audience(unique),
        "start": {"on": "complaint.resolved"},
        "quiet_hours": "none",
        "steps": [step],
    }
    assert front.post("/v1/campaigns", {"campaign": campaign, "texts": texts}).status == 201
    assert front.post(f"/v1/campaigns/{unique}/launch").status == 200
    publish(front, event("complaint.opened.v1", unique, **about))
    publish(front, event("complaint.resolved.v1", unique, **about, resolution="sent again"))
    [_, no] = re.findall(r"https?://\S+/a/\S+", mail_to(front, unique).get_body(("plain",)).get_content())
    stranger, path = Front(front.stack), no.removeprefix(front.url)
    [customer] = front.post("/v1/segments/sample", {"rule": audience(unique)}).json()["customers"]

    def open_cases() -> list[object]:
        card = front.get(f"/v1/customers/{customer['customer_id']}/card").json()
        return list(card["open_cases"])

    assert "no, it is not" in stranger.get(path).data.decode()
    assert stranger.get(path.replace("/a/", "/u/")).status == 404, "a link is for one thing"
    assert open_cases() == []
    assert stranger.post(path).status == 200
    eventually(open_cases)


def test_a_forged_link_is_a_page_and_a_wrong_method_is_no_way_in(front: Front) -> None:
    stranger = Front(front.stack)

    assert stranger.get("/u/forged").status == 404
    assert stranger.post("/u/forged").status == 404
    assert stranger.ask("DELETE", "/u/forged").status == 405
    assert "/u/" not in str(front.get("/v1/openapi.json").json()["paths"].keys())


def test_a_click_while_the_service_is_away_is_not_lost_on_the_reader(front: Front, unique: str) -> None:
    acquaint(front, unique, unique)
    launched(front, broadcast(unique, unique))
    [link] = re.findall("<(https?://[^>]+)>", mail_to(front, unique)["List-Unsubscribe"])
    stranger, path = Front(front.stack), link.removeprefix(front.url)

    front.stack.end("notifications")
    away = stranger.get(path)
    front.stack.revive("notifications")

    assert away.status == 503, away.data
    assert "Retry-After" in away.headers
    assert "Try again" in away.data.decode()
    eventually(lambda: stranger.post(path).status == 200)
    eventually(lambda: consenting(front, unique) == 0)
