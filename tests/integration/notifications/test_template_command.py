"""`wafa template` against the service in its own process, under nameko."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Isolated
from wafa.cli import cli
from wafa.runtime.client import Client
from wafa.runtime.errors import RuntimeFault
from wafa.stack import Stack

Wafa = Callable[..., Result]


@pytest.fixture(scope="module")
def service(isolated: Isolated) -> Iterator[Stack]:
    with isolated("notifications") as stack:
        yield stack


@pytest.fixture
def wafa(service: Stack, monkeypatch: pytest.MonkeyPatch) -> Wafa:
    monkeypatch.setenv("AMQP_URI", service.amqp_uri)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli, ["template", *map(str, arguments)], catch_exceptions=False)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign with good texts."""
    (tmp_path / "spring.yml").write_text("id: spring\npurpose: service\n")
    texts = tmp_path / "templates"
    texts.mkdir()
    for language, hello in (("ar", "أهلًا"), ("en", "Hello")):
        for part in ("subject", "txt", "short"):
            (texts / f"spring.{language}.{part}").write_text(hello + " {{ name | isolated }}\n")
    return tmp_path


def test_good_texts_pass(wafa, folder):
    done = wafa("check", folder / "spring.yml")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 errors, 0 warnings" in done.stderr


def test_a_mistake_is_told_with_its_place(wafa, folder):
    (folder / "templates" / "spring.ar.txt").write_text("أهلًا\n{{ nmae }}\n")
    done = wafa("check", folder / "templates", "--purpose", "service")
    assert done.exit_code == 1
    assert "spring.ar.txt │    2 │ error: there is no variable nmae" in done.stdout


def test_promotion_without_a_way_out_is_an_error_unless_it_is_a_service(wafa, folder):
    assert wafa("check", folder / "templates", "--purpose", "service").exit_code == 0
    done = wafa("check", folder / "templates", "--json")
    assert done.exit_code == 1
    findings = json.loads(done.stdout)["findings"]
    assert {"promotion needs a way out: {{ unsubscribe }}"} == {one["message"] for one in findings}
    assert {one["path"] for one in findings} == {str(folder / "templates")}


def test_texts_are_shown_filled_in_and_as_pages(wafa, folder, tmp_path):
    done = wafa("show", folder / "templates", "--html", tmp_path / "pages")
    assert done.exit_code == 0
    assert "Hello \u2068Sara Mansour\u2069" in done.stdout
    page = (tmp_path / "pages" / "spring.ar.html").read_text("utf-8")
    assert '<html dir="rtl" lang="ar">' in page
    assert "سارة" in page


def test_texts_of_ours_are_shown_where_none_are_given(wafa):
    done = wafa("show", "--template", "apology", "--json")
    assert [(one["language"], one["direction"]) for one in json.loads(done.stdout)] == [
        ("ar", "rtl"),
        ("en", "ltr"),
    ]


def test_a_text_that_fails_is_shown_failing(wafa, folder):
    (folder / "templates" / "spring.en.txt").write_text("{{ name.__class__ }}")
    done = wafa("show", folder / "templates")
    assert done.exit_code == 1
    assert "text spring, language en, part txt, line 1: access to attribute '__class__'" in done.stdout
    assert "أهلًا" in done.stdout


def test_a_folder_without_texts_is_told_apart_from_good_texts(wafa, tmp_path):
    done = wafa("check", tmp_path)
    assert done.exit_code == 1
    assert "no texts there" in done.stderr


@pytest.mark.parametrize(
    ("method", "arguments", "told"),
    [
        ("check_texts", ("x", "service"), "texts must be an object"),
        ("check_texts", ({"x": {"en": {"txt": {"$ne": 1}}}}, "service"), "texts must be an object"),
        ("check_texts", ({}, {"$ne": 1}), "purpose must be a string"),
        ("check_texts", ({}, "fun"), "purpose must be one of"),
        ("check_texts", ({"x": {"en": {"txt": "x" * 500_001}}}, "service"), "at most 500,000 characters"),
        ("show_texts", ({}, 7), "template must be a string"),
        ("show_texts", ({}, "nothing"), "not 'nothing'"),
    ],
)
def test_nobody_asks_with_something_else(service, method, arguments, told):
    with Client(service.amqp_uri) as client, pytest.raises(RuntimeFault, match=told):
        client.call("notifications", method, *arguments)
