"""What the front door says of itself, and how it writes."""

from typing import Any, cast

import pytest
from flask import Flask, jsonify

from services.gateway import openapi
from services.gateway.documents.catalogue import catalogue
from services.gateway.means import Means
from services.gateway.web import create_app


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(cast(Means, None))


@pytest.mark.parametrize(
    ("said", "written"),
    [("نورة", '"نورة"'.encode()), ("half of a character: \ud83d", b'"half of a character: \\ud83d"')],
)
def test_arabic_is_written_as_it_is_and_nothing_cannot_be_written(
    app: Flask, said: str, written: bytes
) -> None:
    with app.app_context():
        assert jsonify(said).data.strip() == written


def test_the_document_in_the_repository_is_current(capsys: Any) -> None:
    assert openapi.main(["--check"]) == 0, capsys.readouterr().err


def test_every_operation_says_what_may_come_of_any_request() -> None:
    for path, operations in openapi.document()["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                assert {"408", "414", "500"} <= operation["responses"].keys(), f"{method} {path}"


def test_a_link_in_the_catalogue_leads_to_us() -> None:
    assert 'href="/v1/asyncapi.json"' in catalogue()
    assert 'href="/v1/schemas"' in catalogue()
    assert "asyncapi.yaml" not in catalogue()
