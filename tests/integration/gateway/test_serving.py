"""The front door as processes: it stops in good order, replaces what dies, and waits for nobody slow."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Isolated, unique_name
from tests.integration.gateway.conftest import Front, opened
from tests.waiting import eventually
from wafa.services import GATEWAY, WEB

WORKERS, THREADS = 2, 4
SIZE = {"WAFA_HTTP_WORKERS": str(WORKERS), "WAFA_HTTP_THREADS": str(THREADS)}
Doors = Callable[..., Front]


@pytest.fixture
def doors(isolated: Isolated) -> Iterator[Doors]:
    """Front doors of their own, which may be ended: without the services behind them."""
    with ExitStack() as open_:
        yield lambda **more: open_.enter_context(opened(isolated(GATEWAY, WEB, **{**SIZE, **more})))


@pytest.fixture(scope="module")
def door(isolated: Isolated) -> Iterator[Front]:
    """A front door that stays, in two processes."""
    with opened(isolated(GATEWAY, WEB, WAFA_HTTP_PROXIES="1", **SIZE)) as front:
        yield front


def master(front: Front) -> psutil.Process:
    [web] = [one for one in front.stack.identities() if one.name == WEB]
    return psutil.Process(web.pid)


def log_lines(front: Front) -> list[dict[str, Any]]:
    text = (front.stack.log_folder / "web.log").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def figures(front: Front) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(front.get("/metrics").data.decode())
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def connection(front: Front) -> socket.socket:
    host, _, port = front.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def said(wire: socket.socket) -> bytes:
    """What comes until the other side closes."""
    told = b""
    while more := wire.recv(65536):
        told += more
    return told


def refused(front: Front, request: bytes) -> tuple[int, str]:
    with closing(connection(front)) as wire:
        wire.sendall(request)
        head, _, body = said(wire).partition(b"\r\n\r\n")
    assert b"application/json" in head
    return int(head.split()[1]), json.loads(body)["error"]["code"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (414, "uri_too_long")),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 10_000 + b"\r\n\r\n", (431, "headers_too_large")),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: x\r\n" * 100 + b"\r\n", (431, "headers_too_large")),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 200_000 + b"\r\n\r\n", (431, "headers_too_large")),
        (b"nonsense\r\n\r\n", (400, "bad_request")),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: secret, chunked\r\n\r\n",
            (501, "unsupported_transfer_coding"),
        ),
    ],
    ids=["long address", "large header", "many headers", "huge header", "no HTTP", "unknown coding"],
)
def test_what_is_no_request_is_refused_in_the_one_shape(
    door: Front, request_: bytes, told: tuple[int, str]
) -> None:
    assert refused(door, request_) == told


def test_clients_that_send_a_byte_now_and_then_keep_nobody_waiting(door: Front) -> None:
    """Many more of them than there are threads."""
    request = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
    with ExitStack() as wires:
        slow = [wires.enter_context(closing(connection(door))) for _ in range(WORKERS * THREADS * 5)]
        for number, wire in enumerate(slow):
            wire.sendall(request[: 1 + number % len(request)])
        began = time.monotonic()
        for _ in range(20):
            assert door.get("/v1/key").status == 200
        assert time.monotonic() - began < 5
        head, _, body = said(slow[-1]).partition(b"\r\n\r\n")
    assert head.split()[1] == b"408"
    assert json.loads(body)["error"]["code"] == "too_slow"


def test_clients_that_connect_and_say_nothing_keep_nobody_waiting(door: Front) -> None:
    with ExitStack() as wires:
        for _ in range(WORKERS * THREADS * 5):
            wires.enter_context(closing(connection(door)))
        began = time.monotonic()
        for _ in range(20):
            assert door.get("/v1/key").status == 200
        assert time.monotonic() - began < 5


def test_clients_that_do_not_take_their_answer_or_do_not_close_keep_nobody_waiting(door: Front) -> None:
    request = b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ExitStack() as wires:
        for _ in range(WORKERS * THREADS * 3):
            wires.enter_context(closing(connection(door))).sendall(request)
        began = time.monotonic()
        for _ in range(20):
            assert door.get("/v1/key").status == 200
        assert time.monotonic() - began < 5


def test_a_refused_request_with_a_body_that_nobody_read_gets_its_answer(door: Front) -> None:
    with closing(connection(door)) as wire:
        body = b"x" * 1_000_000
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        wire.sendall(head + body[:500_000])
        assert said(wire).split()[1] == b"401"


def test_a_client_that_waits_for_a_word_before_it_sends_the_body_gets_it(door: Front) -> None:
    """As curl does with a large one."""
    body = b'{"id": "1"}'
    head = (
        f"POST /v1/events/validate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\nExpect: 100-continue\r\n\r\n"
    )
    with closing(connection(door)) as wire:
        wire.sendall(head.encode())
        assert wire.recv(65536).startswith(b"HTTP/1.1 100")
        wire.sendall(body)
        assert said(wire).split()[1] in (b"200", b"422")


def test_a_body_in_chunks_is_read(door: Front) -> None:
    head = (
        f"POST /v1/events/validate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    with closing(connection(door)) as wire:
        for part in (head.encode(), b"1\r\n{\r\n", b"1\r\n}\r\n", b"0\r\n\r\n"):
            wire.sendall(part)
        assert said(wire).split()[1] in (b"200", b"422")


def chunked(front: Front, path: str = "/v1/events") -> bytes:
    """The head of a request whose body comes in chunks."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {front.token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("path", ["/v1/events", "/v1/segments/count"])
@pytest.mark.parametrize(
    "chunks",
    [
        b"-1\r\n{\r\n0\r\n\r\n",
        b"zz\r\n{\r\n0\r\n\r\n",
        b"1\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}\r\n0\r\na b\r\n\r\n",
    ],
    ids=["negative", "no number", "too short", "no trailer"],
)
def test_a_body_in_broken_chunks_is_the_fault_of_who_sends_it(door: Front, path: str, chunks: bytes) -> None:
    assert refused(door, chunked(door, path) + chunks) == (400, "bad_request")


def test_bodies_in_chunks_that_do_not_end_keep_nobody_waiting(door: Front) -> None:
    """Neither are there threads with them, nor is room kept for the largest body that they could become."""
    with ExitStack() as wires:
        for _ in range(4 * WORKERS * THREADS):
            wires.enter_context(closing(connection(door))).sendall(chunked(door) + b"1\r\n{\r\n")
        for _ in range(10):
            began = time.monotonic()
            assert Front(door.stack, door.token).post("/v1/events", {}).status == 422
            assert time.monotonic() - began < 2


def test_nobody_says_by_a_header_under_which_path_or_scheme_they_come(door: Front) -> None:
    """Whoever goes by a proxy of this machine could get past what it does not let through."""
    assert door.get("/hidden/healthz", SCRIPT_NAME="/hidden").status == 404
    assert door.get("/healthz", SCRIPT_NAME="/hidden").status == 200
    assert door.get("/healthz", **{"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"}).status == 200


def test_an_address_that_is_written_wrongly_is_no_redirect_to_another_host(door: Front) -> None:
    answer = door.ask("GET", "/v1//key", Host="elsewhere.example")

    assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found")
    assert "Location" not in answer.headers


def test_what_a_key_is_shown_is_kept_by_nobody_on_the_way(door: Front) -> None:
    for path in ("/v1/key", "/v1/audit", "/v1/webhooks/none"):
        headers = door.get(path).headers
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_requests_that_come_together_on_one_connection_are_answered_in_turn(door: Front) -> None:
    with closing(connection(door)) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert said(wire).count(b"200 OK") == 6


def test_figures_are_those_of_all_processes(door: Front) -> None:
    """New connections each time, so that both processes are met."""
    before = figures(door)
    counted = ("wafa_http_requests_total", "key.key", "200")
    pids = {child.pid for child in master(door).children()}
    assert len(pids) == WORKERS
    for _ in range(40):
        assert Front(door.stack, door.token).get("/v1/key").status == 200
    after = figures(door)
    assert after[counted] - before.get(counted, 0) == 40
    took = ("wafa_http_request_seconds_count", "key.key")
    assert after[took] - before.get(took, 0) == 40
    assert after[("wafa_http_requests_in_flight",)] == 1, "the one that asks"


def test_a_limit_holds_over_all_processes(door: Front) -> None:
    held = door.holding("segments:read", per_minute=30)
    # Not across a minute's end, where what was asked begins to fade.
    eventually(lambda: time.time() % 60 < 30)
    statuses = [Front(held.stack, held.token).get("/v1/key").status for _ in range(40)]
    assert statuses == [200] * 30 + [429] * 10


def test_the_request_id_is_in_the_answer_and_in_the_log_and_the_log_has_no_query(door: Front) -> None:
    name = unique_name()
    answer = door.get("/v1/customers/lookup?email=layla@example.com", **{"X-Request-Id": name})
    assert answer.headers["X-Request-Id"] == name
    [line] = eventually(
        lambda: [
            one for one in log_lines(door) if one["event"] == "answered" and one.get("request_id") == name
        ]
    )
    assert (line["method"], line["route"]) == ("GET", "/v1/customers/lookup")
    assert line["status"] == answer.status
    assert line["key"] == door.token.split("_")[1]
    assert line["ms"] >= 0
    assert "layla" not in json.dumps(log_lines(door))


def test_every_line_of_the_log_is_ours(door: Front) -> None:
    lines = log_lines(door)
    assert lines
    assert all(line["service"] == "gateway" and line["level"] for line in lines)


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_adds(door: Front) -> None:
    """What stands before that may be anybody's word."""
    forwarded = {"X-Forwarded-For": "198.51.100.7, 192.0.2.9"}
    door.post("/v1/campaigns/nobody/launch", **forwarded)
    rows = door.get("/v1/audit?door=campaigns.launch").json()["rows"]
    assert {row["address"] for row in rows} == {"192.0.2.9"}


def test_a_process_that_dies_is_replaced(door: Front) -> None:
    dead = master(door).children()[0]
    os.kill(dead.pid, signal.SIGKILL)
    eventually(lambda: len({child.pid for child in master(door).children()} - {dead.pid}) == WORKERS)
    eventually(lambda: answers(door))
    assert all(answers(door) for _ in range(10))


def answers(front: Front) -> bool:
    try:
        return Front(front.stack, front.token).get("/v1/key").status == 200
    except urllib3.exceptions.HTTPError:
        return False


def test_nothing_is_left_of_a_front_door_that_is_killed(doors: Doors) -> None:
    front = doors()
    children = master(front).children()
    front.stack.kill(WEB)
    eventually(lambda: not any(child.is_running() for child in children))
    with pytest.raises(urllib3.exceptions.HTTPError):
        front.get("/healthz")


def test_a_stop_lets_requests_end_and_streams_hear_of_it(doors: Doors) -> None:
    front = doors()
    web = master(front)
    heard: list[bytes] = []
    begun = threading.Event()

    def listen() -> None:
        wire = urllib3.PoolManager().request(
            "GET",
            f"{front.url}/v1/stream?types=customer.recognized.v1",
            headers={"Authorization": f"Bearer {front.token}"},
            preload_content=False,
            timeout=60,
        )
        for chunk in wire.stream(1):
            heard.append(chunk)
            begun.set()

    def check(_: int) -> int:
        return front.post("/v1/events/validate", {}).status

    stream = threading.Thread(target=listen, daemon=True)
    stream.start()
    assert begun.wait(60)
    with ThreadPoolExecutor(8) as pool:
        requests = [pool.submit(check, number) for number in range(50)]
        assert all(one.result() < 500 for one in requests[:10])
        began = time.monotonic()
        web.send_signal(signal.SIGTERM)
        code = web.wait(20)
        took = time.monotonic() - began
    stream.join(60)
    assert not stream.is_alive()
    assert code == 0
    assert took < 15
    assert b"event: end" in b"".join(heard)
    assert not [one for one in log_lines(front) if one["level"] in ("error", "critical")]


def test_a_stop_writes_what_waits_in_memory_and_leaves_no_figures_behind(
    doors: Doors, tmp_path: Path
) -> None:
    front = doors(TMPDIR=str(tmp_path))
    assert [*tmp_path.glob("wafa-figures-*")]
    for _ in range(7):
        assert front.get("/v1/key").status == 200
    front.stack.end(WEB)
    assert not [*tmp_path.glob("wafa-figures-*")]
    front.stack.revive(WEB)
    rows = front.get("/v1/audit?door=key.key").json()["rows"]
    assert sum(row["counts"]["200"] for row in rows) == 7


def test_what_a_killed_front_door_has_left_of_its_figures_is_cleared_away_by_the_next(
    doors: Doors, tmp_path: Path
) -> None:
    front = doors(TMPDIR=str(tmp_path))
    [left] = tmp_path.glob("wafa-figures-*")
    front.stack.kill(WEB)
    assert left.exists()

    front.stack.revive(WEB)

    [mine] = tmp_path.glob("wafa-figures-*")
    assert mine != left
