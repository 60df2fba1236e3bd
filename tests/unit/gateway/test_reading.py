"""A body is JSON and says so: another one must not be taken for none, which may mean something else."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema, fields

from services.gateway.documents.api import CONFIG, OurApi
from services.gateway.door import Doors
from services.gateway.refusals import LONGEST_PATH, MOST_DETAILS
from services.gateway.resources.templates import TextsToCheck
from services.gateway.shapes.webhooks import MOST_NAMES, WebhookWanted
from wafa.runtime.file_schema import MOST_WRONG


class Wish(Schema):
    wish = fields.Raw()


@pytest.fixture
def client() -> FlaskClient:
    doors = Doors("test", "Doors that everybody may open")

    @doors.door("POST", "/wishes", needs=None, takes=Wish)
    def wish(given: dict[str, object]) -> object:
        """Return what was understood."""
        return {"given": given}

    app = Flask("test", static_folder=None)
    app.config.update(CONFIG, PROPAGATE_EXCEPTIONS=False)
    OurApi(app).register_blueprint(doors)
    return app.test_client()


def code(answer: object) -> object:
    return answer.json["error"]["code"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_a_body_in_another_form_is_not_taken_for_none(client: FlaskClient, form: str) -> None:
    answer = client.post("/v1/wishes", data=b'{"wish": 1}', content_type=form)

    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")


def test_a_body_that_may_be_left_out_may_be_left_out(client: FlaskClient) -> None:
    for options in ({}, {"data": b"", "content_type": "application/json"}, {"json": {}}):
        assert client.post("/v1/wishes", **options).json == {"given": {}}
    assert client.post("/v1/wishes", json={"wish": "سلام"}).json == {"given": {"wish": "سلام"}}


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[" * 100_000, b'{"wish":' * 50_000], ids=["open", "bytes", "deep", "deeper"]
)
def test_what_cannot_be_read_is_the_fault_of_who_sent_it(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/v1/wishes", data=body, content_type="application/json")

    assert (answer.status_code, code(answer)) == (400, "bad_request")


@pytest.mark.parametrize("body", ["[]", "5", '"x"', "null", '{"hope": 1}'])
def test_what_is_no_object_of_these_fields_is_invalid(client: FlaskClient, body: str) -> None:
    answer = client.post("/v1/wishes", data=body, content_type="application/json")

    assert (answer.status_code, code(answer)) == (422, "invalid")


@pytest.mark.parametrize(
    "number",
    ["9" * 5_000, "NaN", "-Infinity", "1e999"],
    ids=["thousands of digits", "not a number", "infinity", "more than a float"],
)
def test_a_number_that_python_alone_takes_or_fails_at_is_refused(client: FlaskClient, number: str) -> None:
    answer = client.post("/v1/wishes", data=f'{{"wish": {number}}}', content_type="application/json")

    assert (answer.status_code, code(answer)) == (400, "bad_request")


def test_a_body_in_another_encoding_is_refused(client: FlaskClient) -> None:
    answer = client.post("/v1/wishes", data='{"wish": 1}'.encode("utf-16"), content_type="application/json")

    assert (answer.status_code, code(answer)) == (400, "bad_request")


def test_of_a_field_that_nobody_knows_it_is_told_which_ones_there_are(client: FlaskClient) -> None:
    answer = client.post("/v1/wishes", json={"whish": 1})

    assert answer.json["error"]["details"] == [  # type: ignore[index]
        {"path": "whish", "message": "is not expected; there may be wish"}
    ]


def test_a_body_full_of_mistakes_is_answered_in_few_words(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/wishes", json=dict.fromkeys((f"{one} {'x' * 1_000}" for one in range(1_000)), 1)
    )

    details = answer.json["error"]["details"]  # type: ignore[index]
    assert len(details) == MOST_DETAILS
    assert {len(one["path"]) for one in details} == {LONGEST_PATH}


def test_a_list_that_is_too_long_is_refused_before_anybody_looks_into_it() -> None:
    wrong = WebhookWanted().validate({"url": "https://hooks.example/", "types": [1] * (MOST_NAMES + 1)})

    assert wrong == {"types": [f"Length must be between 1 and {MOST_NAMES}."]}


def test_of_texts_that_are_none_the_first_are_told() -> None:
    parts = {f"part {one}": "x" for one in range(1_000)}
    wrong = TextsToCheck().validate({"texts": {"news": {"en": parts}}})

    assert len(wrong["texts"]["news"]["en"]) == MOST_WRONG
