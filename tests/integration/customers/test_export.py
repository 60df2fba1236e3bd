"""What a command tells of a person from all services: before a merge, and as a file for the person."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from tests.waiting import eventually
from wafa.cli import cli
from wafa.contracts.envelope import make_event
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.stack import Stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def wafa(system: Stack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AMQP_URI", system.amqp_uri)

    def run(*arguments: str) -> str:
        told = CliRunner().invoke(cli, ["customers", *arguments], catch_exceptions=False)
        assert told.exit_code == 0, told.stderr
        return told.stdout

    return run


def event(type: str, id: str, email: str, **data) -> dict:
    customer = {"email": email, "name": "ليلى"}
    return make_event(type, source="/test", id=id, time=NOW, data={"customer": customer, **data})


def test_what_is_known_in_all_services_is_counted_first_and_handed_out_whole(system, wafa, unique):
    alias, root = f"{unique}a@example.com", f"{unique}b@example.com"
    total = {"amount": "10.00", "currency": "USD"}
    consent = {"channel": "email", "purpose": "marketing", "status": "granted", "evidence": "form 7"}
    complaint = {"complaint_id": f"c {unique}", "category": "late", "severity": "low"}
    publisher = Publisher(system.amqp_uri, name="test")
    publisher.publish(
        [
            event("purchase.completed.v1", f"p1 {unique}", alias, purchase_id=f"p1 {unique}", total=total),
            event("purchase.completed.v1", f"p2 {unique}", root, purchase_id=f"p2 {unique}", total=total),
            event("complaint.opened.v1", f"c {unique}", alias, **complaint),
            event("consent.changed.v1", f"k {unique}", alias, **consent),
        ]
    )
    publisher.close()
    with Client(system.amqp_uri) as services:

        def known(email: str, records: int, consents: int = 0) -> str | None:
            found = services.call("customers", "lookup", email=email)
            if not found or len(found["consents"]) < consents:
                return None
            id: str = found["customer_id"]
            complete = (
                len(services.call("interactions", "timeline", id)["interactions"]) == records
                and services.call("loyalty", "member", id)
                and services.call("notifications", "audience", id)
            )
            return id if complete else None

        one = eventually(lambda: known(alias, 2, consents=1))
        other = eventually(lambda: known(root, 1))

    dry = json.loads(wafa("merge", one, other, "--dry-run", "--json"))
    assert dry["moves"]["emails"] == [alias]
    assert dry["moves"]["consents"][0]["after"] == "granted"
    elsewhere = dry["elsewhere"]
    assert (elsewhere["interactions"], elsewhere["open_cases"], elsewhere["purchases"]) == (2, 1, 1)
    assert "open cases" in wafa("merge", one, other, "--dry-run")

    merged = json.loads(wafa("merge", one, other, "--json"))
    assert merged["waiting_for"] == []

    for id in (one, other):
        person = json.loads(wafa("export", id))
        assert sorted(person["customer"]["emails"]) == [alias, root]
        assert person["records"][1]["consents"][0]["evidence"] == "form 7"
        assert [change["kind"] for change in person["changes"]] == ["merge"]
        assert len(person["interactions"]) == 3
        assert len(person["open_cases"]) == 1
        assert person["member"]["purchase_count"] == 2
        assert len(person["ledger"]) == 2
        assert person["audience"] is not None
        assert isinstance(person["outreach"], list)
