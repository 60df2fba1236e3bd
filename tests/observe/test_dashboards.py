"""Dashboards and alerts ask for what a running system tells, and the document knows all of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.observe.conftest import Prometheus
from tests.observe.promql import Asked, asked
from tests.observe.test_alerts import ALERTS
from tests.waiting import eventually
from wafa.services import PROCESSES

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deploy" / "grafana"
BOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in GRAFANA.glob("dashboards/*.json")}
#: Prometheus' own word for what fires, there only while something does.
FIRING = "ALERTS"
#: Labels that Prometheus itself makes where they are asked for.
MADE = {"le", "alertstate"}


class Query(NamedTuple):
    """An expression, and where it stands."""

    place: str
    expr: str


def queries() -> Iterator[Query]:
    for board, content in BOARDS.items():
        for panel in content["panels"]:
            for target in panel.get("targets", ()):
                # What Grafana fills in.
                yield Query(f"{board}: {panel['title']}", target["expr"].replace("$__rate_interval", "1m"))
    for name, rule in ALERTS.items():
        yield Query(name, rule["expr"])


QUERIES = [*queries()]


@pytest.fixture(scope="module")
def told(prometheus: Prometheus) -> set[str]:
    """The names of all that is told; of what has not happened yet, what it will be called."""
    named = {
        name + part
        for name, kind in figures(prometheus).items()
        for part in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))
    }
    return named | {*prometheus.ask("label/__name__/values")}


def figures(prometheus: Prometheus) -> dict[str, str]:
    """The kind of each figure, by the name that goes without the parts of a histogram."""
    kinds = {name: found[0]["type"] for name, found in prometheus.ask("metadata").items()}
    return {
        f"{name.removesuffix('_total')}_total" if kind == "counter" else name: kind
        for name, kind in kinds.items()
    }


def test_every_process_of_wafa_the_broker_and_prometheus_itself_are_looked_at(prometheus: Prometheus) -> None:
    assert prometheus.targets() == {
        **{("wafa", name): "up" for name in PROCESSES},
        ("rabbitmq", ""): "up",
        ("rabbitmq-queues", ""): "up",
        ("prometheus", ""): "up",
    }


def test_what_is_asked_for_is_told(told: set[str]) -> None:
    missing = {
        (query.place, one.metric)
        for query in QUERIES
        for one in asked(query.expr)
        if one.metric not in told | {FIRING}
    }
    assert missing == set()


def test_what_is_told_apart_has_the_label_by_which_it_is(prometheus: Prometheus) -> None:
    """A label that is misspelt selects nothing, or puts everything into one line."""
    known: dict[str, set[str]] = {}
    for series in prometheus.ask("series", **{"match[]": '{job=~".+"}'}):
        known.setdefault(series["__name__"], set()).update(series)
    wrong = {
        (query.place, one.metric, label)
        for query in QUERIES
        for one in asked(query.expr)
        for label in one.labels - MADE - known.get(one.metric, one.labels)
    }
    assert wrong == set()


def test_nothing_is_told_apart_by_what_people_make_more_of(prometheus: Prometheus) -> None:
    """A series stays for as long as the process: customers, campaigns or keys would fill its memory."""
    of_prometheus = {"__name__", "job", "instance", "le", "exported_service"}
    found = {
        label
        for series in prometheus.ask("series", **{"match[]": '{__name__=~"wafa_.+"}'})
        for label in series
    }
    assert found - of_prometheus == {
        *("queue", "type", "command", "service"),
        *("reason", "outcome", "state", "channel", "door", "status"),
    }


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.place)
def test_prometheus_can_answer(prometheus: Prometheus, query: Query) -> None:
    prometheus.query(query.expr)


#: What shows nothing as long as nothing goes wrong, nobody listens, or nothing was ever put off.
QUIET = {
    "overview: What fires",
    "pipeline: Batches taken again",
    "pipeline: Put off and set apart",
    "outreach: Why later",
    "outreach: Webhooks",
}


@pytest.mark.parametrize("panel", sorted({query.place for query in QUERIES if ": " in query.place} - QUIET))
def test_a_busy_system_shows_something_in(prometheus: Prometheus, panel: str) -> None:
    exprs = [query.expr for query in QUERIES if query.place == panel]
    # Some figures are measured only four times a minute.
    eventually(lambda: any(prometheus.query(expr) for expr in exprs), within=60, every=1)


def test_a_system_that_works_wakes_nobody(prometheus: Prometheus) -> None:
    states = {rule["name"]: rule["state"] for rule in prometheus.rules()}
    # What has just arrived may be waiting at the moment when it is looked; that wakes nobody yet.
    assert states.keys() == {*ALERTS}
    assert "firing" not in states.values()


def test_every_figure_of_ours_stands_in_the_document_and_none_that_is_not(prometheus: Prometheus) -> None:
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    [chapter] = re.findall(r"^## Metrics\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    documented = dict(re.findall(r"^\| `(wafa_\w+)` \| (\w+) ", chapter, re.MULTILINE))
    ours = {name: kind for name, kind in figures(prometheus).items() if name.startswith("wafa_")}
    assert ours == documented


def test_grafana_finds_what_it_is_to_show() -> None:
    [source] = read(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"]
    [provider] = read(GRAFANA / "provisioning/dashboards/wafa.yml")["providers"]
    mounts = read(ROOT / "docker-compose.yml")["services"]["grafana"]["volumes"]
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in mounts
    assert set(BOARDS) == {"overview", "pipeline", "outreach"}
    for name, board in BOARDS.items():
        assert board["uid"] == f"wafa-{name}"
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
        assert all(panel["description"] for panel in panels)
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        assert not overlapping(board["panels"])


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return content


def overlapping(panels: list[dict[str, Any]]) -> set[tuple[int, int]]:
    taken: set[tuple[int, int]] = set()
    twice: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in panels):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        twice |= taken & cells
        taken |= cells
    return twice


def test_what_an_expression_asks_for_is_found_wherever_it_stands() -> None:
    """The tests above rest on this."""
    expr = 'max by (a) (x{b="1"} - min_over_time(y[1h])) > 1 or absent(z{c="2"}) unless sum(rate(w[5m]))'
    assert asked(expr) == {
        Asked("x", frozenset("ab")),
        Asked("y", frozenset("a")),
        Asked("z", frozenset("c")),
        Asked("w", frozenset()),
    }
