"""The documentation in a real browser: tried out with a key, copied, and never asking anybody else."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import open_browser
from tests.integration.gateway.conftest import Front


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, front: Front) -> Iterator[Page]:
    """Fails when anything is asked of another host, or refused by the page's own policy."""
    asked: list[str] = []
    errors: list[str] = []
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        yield page
    assert [url for url in asked if not url.startswith((front.url, "data:"))] == []
    assert errors == []


def test_an_endpoint_is_tried_out_with_a_key(page: Page, front: Front) -> None:
    page.goto(f"{front.url}/v1/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("Value").fill(front.token)
    page.locator(".modal-btn.authorize").click()
    page.locator(".modal-btn.btn-done").click()

    operation = page.locator("#operations-key-key_key")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text(front.token.split("_")[1])


def test_an_example_is_copied(page: Page, front: Front) -> None:
    page.goto(front.url)
    page.get_by_role("button", name="Copy").nth(2).click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "curl" in page.evaluate("navigator.clipboard.readText()")


def test_an_arabic_paragraph_is_set_from_right_to_left(page: Page, front: Front) -> None:
    page.goto(front.url)

    introduction = page.locator("p[lang=ar]")
    expect(introduction).to_contain_text("وفاء")
    assert introduction.evaluate("one => getComputedStyle(one).direction") == "rtl"
