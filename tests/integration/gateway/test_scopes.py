"""Every endpoint there is, by the table of routes itself: whom it refuses, and whom it lets in.

An endpoint that is added is tested without anybody thinking of it.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
import urllib3

from services.gateway.domain.key import parse, token
from services.gateway.domain.scopes import ANY, SCOPES
from services.gateway.door import Door, doors_of
from services.gateway.web import create_app
from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.waiting import eventually
from wafa.runtime.client import Client

APP = create_app(cast(Any, SimpleNamespace()))
DOORS = doors_of(APP)
#: What anybody may read without a key. Whoever adds to this must know why.
OPEN = {
    "GET /",
    "GET /a/<token>",
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
    "GET /u/<token>",
    "GET /v1/asyncapi.json",
    "GET /v1/docs",
    "GET /v1/docs/assets/<name>",
    "GET /v1/docs/events",
    "GET /v1/openapi.json",
    "GET /v1/schemas",
    "GET /v1/schemas/<name>",
    # By a link in a message, which is signed.
    "POST /a/<token>",
    "POST /u/<token>",
}

Made = Callable[..., str]
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.rule}")
every_scoped_door = pytest.mark.parametrize(
    "door", [one for one in DOORS if one.scope != ANY], ids=lambda door: f"{door.method} {door.rule}"
)


@pytest.fixture(scope="module")
def key(front: Front) -> Iterator[Made]:
    """Makes keys; the same one for the same scopes."""
    with Client(front.stack.amqp_uri) as services:

        @cache
        def made(*scopes: str, days: float | None = None) -> str:
            answer = services.call("gateway", "key_create", unique_name(), [*scopes], days=days)
            return str(answer["token"])

        yield made


@pytest.fixture(scope="module")
def bad_keys(front: Front, key: Made) -> dict[str, str | None]:
    """Authorizations that nobody may come in with, each of a key that was allowed everything."""
    everything = (*SCOPES,)
    prefix, secret = parse(key(*everything)) or ("", "")
    with Client(front.stack.amqp_uri) as services:
        revoked = str(services.call("gateway", "key_create", unique_name(), [*everything])["token"])
        services.call("gateway", "key_revoke", (parse(revoked) or ("",))[0])
    expired = key(*everything, days=1 / 86_400)
    asking = Front(front.stack, expired, source="127.2.0.1")
    eventually(lambda: asking.get("/v1/key").status == 401)
    tokens = {
        "a wrong secret": token(prefix, secret[::-1]),
        "an unknown prefix": token("zzzzzzzz", secret),
        "a revoked key": revoked,
        "an expired key": expired,
        "no key but a prefix": f"wafa_{prefix}",
        "a token in other letters": key(*everything).upper(),
        "a token with a tail": key(*everything) + "\u00e9",
    }
    headers: dict[str, str | None] = {name: f"Bearer {one}" for name, one in tokens.items()}
    headers |= {
        "nothing": None,
        "an empty header": "",
        "another scheme": f"Basic {key(*everything)}",
        "no scheme": key(*everything),
        "two headers in one": f"Bearer {key(*everything)}, Bearer {key(*everything)}",
    }
    return headers


def ask(front: Front, door: Door, authorization: str | None, source: str) -> urllib3.BaseHTTPResponse:
    path = re.sub(r"<[^>]+>", "nobody", door.rule)
    asking = Front(front.stack, source=source)
    headers = {} if authorization is None else {"Authorization": authorization}
    body: Any = None if door.method == "GET" else {}
    return asking.ask(door.method, path, body, **headers)


def source_of(door: Door) -> str:
    """An address for each door, so that nobody is taken for somebody who tries out keys."""
    return f"127.3.{DOORS.index(door) // 200}.{DOORS.index(door) % 200 + 1}"


@every_door
def test_nobody_comes_in_without_a_key_that_counts(
    front: Front, door: Door, bad_keys: dict[str, str | None]
) -> None:
    for name, authorization in bad_keys.items():
        answer = ask(front, door, authorization and authorization.encode().decode("latin-1"), source_of(door))
        assert answer.status == 401, name
        assert answer.json()["error"]["code"] == "unauthorized", name
        assert answer.headers["WWW-Authenticate"] == "Bearer", name


@every_scoped_door
def test_a_key_with_every_scope_but_the_right_one_is_refused(front: Front, door: Door, key: Made) -> None:
    others = [name for name in SCOPES if name != door.scope]
    answer = ask(front, door, f"Bearer {key(*others)}", source_of(door))
    assert answer.status == 403
    assert str(door.scope) in answer.json()["error"]["message"]


@every_door
def test_a_key_with_the_right_scope_alone_comes_in(front: Front, door: Door, key: Made) -> None:
    scope = "segments:read" if door.scope == ANY else str(door.scope)
    answer = ask(front, door, f"Bearer {key(scope)}", source_of(door))
    assert answer.status not in (401, 403), answer.data


def test_there_is_no_other_way_in() -> None:
    behind_doors = {f"{door.method} {door.rule}" for door in DOORS if door.scope}
    routes = {
        f"{method} {rule.rule}"
        for rule in APP.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes - behind_doors == OPEN


def test_every_scope_opens_something_or_is_about_to() -> None:
    assert {door.scope for door in DOORS} - SCOPES.keys() <= {ANY}
