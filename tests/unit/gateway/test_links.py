"""The pages behind the links in messages: to look changes nothing, one click is enough, both languages."""

import base64
import hashlib
import re
import string
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.gateway.asking.questions import Away
from services.gateway.means import EXTENSION
from services.gateway.pages.page import page
from services.gateway.pages.words import WORDS
from services.gateway.refusals import Refusal
from services.gateway.resources.links import links

FORGED = {"error": {"reason": "forged", "message": "this is not a link of ours"}}
ARABIC = {"Accept-Language": "ar-EG,ar;q=0.9,en;q=0.5"}


class Notifications:
    """The service as far as links go: answers by token, and remembers what it was asked to do."""

    def __init__(self) -> None:
        self.channel: str = "email"
        self.trouble: Exception | None = None
        self.asked: list[str] = []
        self.done: list[tuple[str, str]] = []

    def call(self, service: str, method: str, token: str, *, within: float) -> Mapping[str, Any]:
        assert service == "notifications"
        self.asked.append(token)
        if self.trouble:
            raise self.trouble
        if method != "link":
            self.done.append((method, token))
        return {
            ("link", "end"): {"purpose": "unsubscribe", "channel": self.channel},
            ("unsubscribe", "end"): {"unsubscribed": self.channel},
            ("link", "no"): {"purpose": "answer", "answer": "no"},
            ("answer", "no"): {"answer": "no"},
            ("link", "yes"): {"purpose": "answer", "answer": "yes"},
            ("answer", "yes"): {"answer": "yes"},
        }.get((method, token), FORGED)


class Gate:
    """Lets everybody pass until it is shut."""

    shut = False

    def visit(self, address: str) -> None:
        if self.shut:
            raise Refusal(429, "too_many_requests", "try again in 7 s", headers={"Retry-After": "7"})


@pytest.fixture
def service() -> Notifications:
    return Notifications()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def reader(service: Notifications, gate: Gate) -> FlaskClient:
    """Somebody who has got a message."""
    app = Flask("test", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions[EXTENSION] = SimpleNamespace(services=service, gate=gate)
    app.register_blueprint(links)
    return app.test_client()


@pytest.mark.parametrize("path", ["/u/end", "/a/no", "/a/yes"])
def test_a_mail_scanner_that_follows_a_link_changes_nothing(
    reader: FlaskClient, service: Notifications, path: str
) -> None:
    assert reader.get(path).status_code == 200
    assert reader.head(path).status_code == 200
    assert service.done == []


def test_a_mail_program_unsubscribes_with_one_request(reader: FlaskClient, service: Notifications) -> None:
    """RFC 8058: no redirect, no cookie, no login."""
    answer = reader.post("/u/end", data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert service.done == [("unsubscribe", "end")]
    assert not {"Location", "Set-Cookie"} & {*answer.headers.keys()}


def test_the_page_has_one_button_which_posts_to_the_same_address(reader: FlaskClient) -> None:
    text = reader.get("/u/end").text

    assert text.count("<button") == text.count("<form") == 1
    assert '<form method="post">' in text
    assert not re.search(r"https?://|<script|\bsrc=|\bhref=|\baction=", text)


def test_an_answer_is_given_by_the_button_and_not_by_the_link(
    reader: FlaskClient, service: Notifications
) -> None:
    assert "no, it is not" in reader.get("/a/no").text
    assert "stay with it" in reader.post("/a/no").text
    assert "glad" in reader.post("/a/yes").text
    assert service.done == [("answer", "no"), ("answer", "yes")]


def test_who_reads_arabic_gets_it_first_and_from_right_to_left(reader: FlaskClient) -> None:
    text = reader.get("/u/end", headers=ARABIC).text

    assert '<html lang="ar" dir="rtl">' in text
    assert text.index("لن تصلك منّا رسائل بريد إلكتروني") < text.index("You will get no more e-mails")
    assert '<section lang="en" dir="ltr">' in text


@pytest.mark.parametrize("accepted", ["en-GB,en;q=0.8", "fr", "", "*", "\N{SNOWMAN};;q=x"])
def test_everybody_else_gets_english_first_and_arabic_below(reader: FlaskClient, accepted: str) -> None:
    text = reader.get("/u/end", headers={"Accept-Language": accepted.encode().decode("latin-1")}).text

    assert '<html lang="en" dir="ltr">' in text
    assert '<section lang="ar" dir="rtl">' in text


@pytest.mark.parametrize("path", ["/u/forged", "/a/forged", "/u/no", "/a/end", "/u/%22%3E%3Cb%3E"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_none_is_said_so_in_both_languages(
    reader: FlaskClient, path: str, method: str
) -> None:
    answer = reader.open(path, method=method)

    assert answer.status_code == 404
    assert "This link does not work" in answer.text
    assert "هذا الرابط لا يعمل" in answer.text
    assert "<button" not in answer.text
    assert "<b>" not in answer.text


def test_what_can_be_no_token_is_no_question_to_anybody(reader: FlaskClient, service: Notifications) -> None:
    for token in ("x" * 1001, "a b", "$ne", "%00", "ar\N{ARABIC LETTER NOON}"):
        assert reader.get(f"/u/{token}").status_code == 404
    assert service.asked == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_while_the_service_is_away_the_page_says_to_try_again(
    reader: FlaskClient, service: Notifications, method: str
) -> None:
    service.trouble = Away("notifications", "no answer")

    answer = reader.open("/u/end", method=method)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert f'<form method="{method.lower()}">' in answer.text
    assert "Try again in a minute" in answer.text
    assert "المحاولة مرة أخرى بعد دقيقة" in answer.text


def test_what_goes_wrong_within_is_not_shown(reader: FlaskClient, service: Notifications) -> None:
    service.trouble = ValueError("sara@example.com")

    answer = reader.get("/u/end")

    assert answer.status_code == 500
    assert "Not done yet" in answer.text
    assert "sara" not in answer.text


def test_who_follows_too_many_links_is_put_off(
    reader: FlaskClient, gate: Gate, service: Notifications
) -> None:
    gate.shut = True

    answer = reader.post("/u/end")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert "Try again in a minute" in answer.text
    assert service.done == []


@pytest.mark.parametrize("path", ["/u/end", "/u/forged"])
def test_a_page_is_kept_framed_and_found_by_nobody(reader: FlaskClient, path: str) -> None:
    answer = reader.get(path)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    [style] = re.findall(r"<style>(.*)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "phone", "fax <b>"])
def test_the_page_names_the_channel_if_it_is_one_of_ours(
    reader: FlaskClient, service: Notifications, channel: str
) -> None:
    service.channel = channel

    answer = reader.get("/u/end")

    assert answer.status_code == 200
    assert "e-mails" not in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("name", WORDS)
def test_every_page_says_the_same_in_both_languages(name: str) -> None:
    arabic, english = (WORDS[name][language] for language in ("ar", "en"))
    for one, other in zip(arabic, english, strict=True):
        assert bool(one) == bool(other)
        assert _gaps(one) == _gaps(other)
    assert page(name, "ar").count(english.text.partition("{")[0]) == 1


def _gaps(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
