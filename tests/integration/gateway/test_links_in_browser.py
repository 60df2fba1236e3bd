"""The page behind a link in a mail, as a customer sees it: in their language, on a telephone, one button."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import open_browser
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import acquaint, audience, broadcast, launched, mail_to
from tests.waiting import eventually


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def link(front: Front, unique: str) -> str:
    """The link to unsubscribe in a mail that has arrived; the customer has the label `unique`."""
    acquaint(front, unique, unique)
    launched(front, broadcast(unique, unique))
    [found] = re.findall("<(https?://[^>]+)>", mail_to(front, unique)["List-Unsubscribe"])
    return str(found)


def wanting_none(front: Front, unique: str) -> bool:
    withdrawn = {"field": "withdrawn", "op": "eq", "value": "email/marketing"}
    rule = {"and": [audience(unique), withdrawn]}
    return bool(front.post("/v1/segments/count", {"rule": rule}).json()["count"])


def style(page: Page, selector: str, name: str) -> str:
    return str(page.evaluate(f"getComputedStyle(document.querySelector({selector!r})).{name}"))


def test_an_arabic_reader_unsubscribes_on_a_telephone(
    front: Front, browser: Browser, link: str, unique: str
) -> None:
    with browser.new_context(locale="ar-EG", viewport={"width": 320, "height": 568}) as context:
        page = context.new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(link)

        expect(page.get_by_role("heading", level=1)).to_have_text("إيقاف رسائل بريد إلكتروني؟")
        expect(page.get_by_text("You will get no more e-mails")).to_be_visible()
        assert style(page, "h1", "direction") == "rtl"
        assert style(page, "section + section, form + section", "direction") == "ltr"
        assert style(page, "button", "backgroundColor") == "rgb(47, 107, 79)", "its own style is let in"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, "nothing is cut off"
        assert not wanting_none(front, unique), "to look changes nothing"

        page.get_by_role("button").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("تمّ الإيقاف")
        expect(page.get_by_role("button")).to_have_count(0)
        eventually(lambda: wanting_none(front, unique))
        assert {*asked} == {link}, "nothing is loaded from anywhere"
        assert said == []
        assert context.cookies() == []


def test_the_page_needs_no_script(front: Front, browser: Browser, link: str, unique: str) -> None:
    with browser.new_context(locale="en-GB", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(link)
        expect(page.get_by_role("button")).to_have_text(re.compile("^Yes, stop them"))

        page.get_by_role("button").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Done")
        eventually(lambda: wanting_none(front, unique))


def test_a_link_that_was_cut_off_is_explained_in_both_languages(
    front: Front, browser: Browser, link: str
) -> None:
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        answer = page.goto(link[:-5])

        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work")
        expect(page.get_by_role("heading", level=2)).to_have_text("هذا الرابط لا يعمل")
