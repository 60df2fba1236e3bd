"""Doors: the endpoints, each with the scope that it needs and all that it may answer.

    customers = Doors("customers", "Who somebody is")

    @customers.door("GET", "/customers/<id>", needs="customers:read", answers=Customer, refuses=[404])
    def customer(id):
        ...

What is said here is the documentation, what is checked, and what the tests of scopes are made from.
"""

from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any, NamedTuple

from flask import Flask, after_this_request, g, request
from flask_smorest import Blueprint
from marshmallow import Schema

from services.gateway.audit.witness import Witness
from services.gateway.domain.scopes import ANY
from services.gateway.idempotency.once import PARAMETER, answered_once
from services.gateway.means import means
from services.gateway.refusals import ErrorAnswer
from services.gateway.requests.body import whole_body
from services.gateway.requests.reading import BodyParser
from services.gateway.shapes.described import shows_secret

Answers = type[Schema] | Schema | None
#: What any door may answer, whoever asks for whatever; and those where a key is needed.
ANYWHERE = (408, 414, 500)
ALWAYS = (401, 403, 422, 429, 503)


class Door(NamedTuple):
    """An endpoint. `scope` is None where everybody may come in; `changes`: it does more than to answer.

    `secret`: what it answers has something that is shown once.
    """

    name: str
    method: str
    rule: str
    scope: str | None
    changes: bool
    secret: bool


class Doors(Blueprint):
    """A family of endpoints below `/v1`, listed together in the documentation."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, name, url_prefix="/v1", description=description)
        self.doors: list[Door] = []
        self._prepare_doc_cbks += [_with_key_of_repetition, _with_scope]

    def door(
        self,
        method: str,
        rule: str,
        *,
        needs: str | None,
        answers: Answers = None,
        status: int = 200,
        asks: Answers = None,
        takes: Answers = None,
        refuses: Iterable[int] = (),
        changes: bool | None = None,
        **documentation: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Make a function an endpoint.

        Args:
            method: GET, POST, ...
            rule: as Flask writes it; arguments of the function.
            needs: the scope that a key must have; `ANY` for every key, None for everybody.
            answers: the schema of what the function returns.
            status: of an answer that is no error.
            asks: the schema of the query; the function gets it as a dict, before those of the rule.
            takes: the schema of the JSON body; the function gets it likewise, after the query.
            refuses: further statuses of errors.
            changes: it does more than to answer; default: unless the method is GET.
            documentation: more for the OpenAPI operation (flask-smorest's `doc`).
        """

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            door = Door(
                f"{self.name}.{view.__name__}",
                method,
                f"/v1{rule}",
                needs,
                method != "GET" if changes is None else changes,
                shows_secret(answers),
            )
            self.doors.append(door)
            told = self.response(status, answers)(view)
            # What is decorated last is passed first: the query before the body.
            for schema, location in ((takes, "json"), (asks, "query")):
                if schema is not None:
                    told = self.arguments(schema, location=location, required=_asks_for_some(schema))(told)
            always = (*ALWAYS, *((409,) if door.changes else ())) if needs else ()
            bodily = (400, 413, 415) if takes is not None else ()
            for refused in sorted({*refuses, *ANYWHERE, *always, *bodily}):
                told = self.alt_response(refused, schema=ErrorAnswer)(told)
            if needs:
                documentation["security"] = [{"key": [] if needs == ANY else [needs]}]
            told = self.doc(**documentation)(told)
            told._apidoc["needs"] = needs
            told._apidoc["repeatable"] = bool(needs and door.changes)
            self.route(rule, methods=[method])(_guarded(told, door) if needs else told)
            return view

        return decorate


def doors_of(app: Flask) -> list[Door]:
    """Return every door of an application."""
    return [door for one in app.blueprints.values() if isinstance(one, Doors) for door in one.doors]


def _guarded(view: Callable[..., Any], door: Door) -> Callable[..., Any]:
    @wraps(view)
    def enter(*args: Any, **kwargs: Any) -> Any:
        assert door.scope is not None
        gate = means().gate
        g.key = gate.recognise(request.headers.get("Authorization"), request.remote_addr or "")
        witness = Witness(means().audit, door.name, door.scope, door.changes, g.key)
        headers = gate.admit(g.key, door.scope)

        @after_this_request
        def tell(response: Any) -> Any:
            response.headers.update(headers)
            return response

        witness.see(kwargs)
        with means().room.taken(_size()):
            answer = partial(view, *args, **kwargs)
            return answered_once(door.name, answer, secret=door.secret) if door.changes else answer()

    return enter


def _asks_for_some(schema: type[Schema] | Schema) -> bool:
    """Tell whether a request without any of it would be refused."""
    made = schema() if isinstance(schema, type) else schema
    return any(field.required for field in made.fields.values())


def _size() -> int:
    """Return how many bytes the body of the request in hand has; where nobody has said so, it is read."""
    most = request.max_content_length or 0
    if request.content_length is not None:
        return min(request.content_length, most)
    if "Transfer-Encoding" not in request.headers:
        return 0
    with means().room.taken(most):
        return len(whole_body())


def _with_key_of_repetition(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    if info.get("repeatable"):
        doc.setdefault("parameters", []).append(dict(PARAMETER))
    return doc


def _with_scope(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    if needs := info.get("needs"):
        scope = "Any key will do." if needs == ANY else f"Needs the scope `{needs}`."
        said = info["docstring"].get("description", "")
        info["docstring"]["description"] = f"{said}\n\n{scope}".strip()
    return doc
