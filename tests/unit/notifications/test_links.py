"""Links in messages: only we can make them, and they hold for ever."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.replies.links import ANSWER, UNSUBSCRIBE, Forged, Link, Links
from wafa.runtime.settings import SettingsError, load_settings

OLD, NEW = "o" * 32, "n" * 32
LINKS = Links("https://bayt.example", (NEW,))


def token(link: str | None) -> str:
    assert link is not None
    return link.rpartition("/")[2]


def from_environment(monkeypatch, **variables: str) -> Links:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Links.from_settings(load_settings())


def test_a_link_says_which_outreach_and_what_for():
    assert LINKS.read(token(LINKS.unsubscribe("outreach-1"))) == Link(UNSUBSCRIBE, "outreach-1")
    assert LINKS.read(token(LINKS.answer("outreach-1", "no"))) == Link(ANSWER, "outreach-1", "no")


def test_a_link_is_the_same_each_time_a_message_is_written():
    assert LINKS.unsubscribe("outreach-1") == LINKS.unsubscribe("outreach-1")


@given(st.text(max_size=40), st.sampled_from(["yes", "no"]))
def test_a_link_is_one_word_that_stands_in_any_address(outreach_id, answer):
    link = LINKS.answer(outreach_id, answer)
    assert link.startswith("https://bayt.example/a/")
    assert all(one.isalnum() or one in "-_." for one in token(link))
    assert LINKS.read(token(link)) == Link(ANSWER, outreach_id, answer)


@given(st.text(max_size=60))
def test_nobodys_text_is_a_link(text):
    with pytest.raises(Forged):
        LINKS.read(text)


@given(st.integers(0), st.characters(codec="ascii", categories=["L", "N"]))
def test_a_link_that_was_changed_anywhere_is_forged(place, other):
    good = token(LINKS.unsubscribe("outreach-1"))
    place %= len(good)
    changed = good[:place] + other + good[place + 1 :]
    if changed != good:
        try:
            # The last character of base64 has bits that say nothing.
            assert LINKS.read(changed) == LINKS.read(good)
            assert place == len(good) - 1
        except Forged:
            pass


@pytest.mark.parametrize("secrets", [(OLD,), ()])
def test_a_link_of_another_secret_is_forged(secrets):
    with pytest.raises(Forged):
        Links("https://bayt.example", secrets).read(token(LINKS.unsubscribe("outreach-1")))


def test_a_secret_is_changed_without_breaking_the_links_in_old_mail():
    old = Links("https://bayt.example", (OLD,))
    both = Links("https://bayt.example", (OLD, NEW))
    assert both.read(token(old.unsubscribe("outreach-1"))).outreach_id == "outreach-1"
    assert LINKS.read(token(both.unsubscribe("outreach-1"))).outreach_id == "outreach-1"


def test_a_very_long_token_is_not_even_looked_at():
    with pytest.raises(Forged):
        LINKS.read("x" * 10_000_000)


def test_without_secret_or_address_there_are_no_links(monkeypatch):
    assert dataclasses.replace(LINKS, secrets=()).unsubscribe("outreach-1") is None
    assert dataclasses.replace(LINKS, public_url="").answer("outreach-1", "no") is None
    assert from_environment(monkeypatch, WAFA_PUBLIC_URL="https://bayt.example").unsubscribe("x") is None


def test_settings_say_where_links_lead_and_who_signs(monkeypatch):
    links = from_environment(
        monkeypatch, WAFA_PUBLIC_URL="https://bayt.example/", WAFA_LINK_SECRET=f"{OLD}, {NEW}"
    )
    assert links == Links("https://bayt.example", (OLD, NEW))


@pytest.mark.parametrize(
    ("variable", "value"), [("WAFA_LINK_SECRET", "short"), ("WAFA_PUBLIC_URL", "bayt.example")]
)
def test_a_setting_that_cannot_be_used_is_named(monkeypatch, variable, value):
    with pytest.raises(SettingsError, match=variable):
        from_environment(monkeypatch, **{variable: value})
