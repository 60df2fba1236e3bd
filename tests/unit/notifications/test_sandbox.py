"""Texts are somebody else's: whatever they try is refused by name, and no other message suffers."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from services.notifications.texts.renderer import NO_TIME, Renderer
from services.notifications.texts.sandbox import CannotStart
from services.notifications.texts.text import Broken, Order, Text
from tests.unit.notifications.texts import fault_of, order, text_of, written
from tests.waiting import eventually

SECONDS = 0.2
UNSAFE = "is unsafe"
ESCAPES = [
    ("{{ name.__class__.__mro__ }}", UNSAFE),
    ("{{ name.__init__.__globals__ }}", UNSAFE),
    ("{{ name['__class__'] }}", UNSAFE),
    ("{{ ''.__class__.__base__.__subclasses__() }}", UNSAFE),
    ("{{ [].__class__ }}", UNSAFE),
    ("{{ self.__init__ }}", UNSAFE),
    ("{{ self._TemplateReference__context }}", UNSAFE),
    ("{{ counted.__globals__ }}", UNSAFE),
    ("{{ counted.__self__ }}", UNSAFE),
    ("{{ range.__globals__ }}", UNSAFE),
    ("{{ super.__self__ }}", "undefined"),
    ("{% for x in [1] %}{{ loop.__class__ }}{% endfor %}", UNSAFE),
    ("{% for x in [1] %}{{ loop._iterator }}{% endfor %}", UNSAFE),
    ("{{ today.strftime('%0999999999d') }}", UNSAFE),
    ("{{ today.__reduce__() }}", UNSAFE),
    ("{{ next_tier_missing.clear() }}", UNSAFE),
    ("{{ next_tier_missing.update(a=1) }}", UNSAFE),
    ("{% set x = [1] %}{{ x.append(2) }}", UNSAFE),
    ("{{ '{0.__class__}'.format(name) }}", UNSAFE),
    ("{{ '{a.__class__}'.format_map({'a': name}) }}", UNSAFE),
    ("{{ '{:>1000000000}'.format(1) }}", UNSAFE),
    ("{{ name.format }}", UNSAFE),
    ("{{ name.center(1000000000) }}", UNSAFE),
    ("{{ name.encode() }}", UNSAFE),
    ("{{ '%1000000000d' % 1 }}", "up to 15 digits"),
    ("{{ 'a' * 1000000000 }}", "up to 15 digits"),
    ("{{ [1] * 1000000000 }}", "up to 15 digits"),
    ("{{ 9 ** 9 ** 9 }}", "up to 15 digits"),
    ("{{ 10 ** 100000000 }}", "up to 15 digits"),
    ("{{ 9999999999999999 * 9999999999999999 }}", "up to 15 digits"),
    ("{{ range(1000000000) | list }}", "1,000 numbers at most"),
    ("{{ range(9 * 100000000000000000000) | join }}", "up to 15 digits"),
    ("{{ range(99999999999999999999999) | join }}", "1,000 numbers at most"),
    ("{{ name | attr('__class__') }}", "No filter named 'attr'"),
    ("{{ '%s' | format(name) }}", "No filter named 'format'"),
    ("{{ name | center(1000000000) }}", "No filter named 'center'"),
    ("{{ name | indent(1000000000) }}", "No filter named 'indent'"),
    ("{{ name | safe }}", "No filter named 'safe'"),
    ("{{ [name] | map('attr', '__class__') | list }}", "No filter named 'map'"),
    ("{{ name | pprint }}", "No filter named 'pprint'"),
    ("{{ 1 | round(1000000000) }}", "No filter named 'round'"),
    ("{{ cycler('a').__init__.__globals__ }}", "'cycler' is undefined"),
    ("{{ joiner.__init__.__globals__ }}", UNSAFE),
    ("{{ lipsum.__globals__ }}", "'lipsum' is undefined"),
    ("{{ namespace.__init__ }}", UNSAFE),
    ("{{ dict(a=1) }}", "'dict' is undefined"),
    ("{{ config }}", "'config' is undefined"),
    ("{{ counted }}", "can be shown to nobody"),
    ("{{ next_tier_missing }}", "can be shown to nobody"),
    ("{% include 'layout.html' %}", "`include` cannot stand in a text"),
    ("{% import 'layout.html' as x %}", "`import` cannot stand in a text"),
    ("{% from 'layout.html' import x %}", "`fromimport` cannot stand in a text"),
    ("{% extends '/etc/passwd' %}", 'can extend "layout.html" and nothing else'),
    ("{% extends '../templates/recognized.en.html' %}", 'can extend "layout.html" and nothing else'),
    ("{% extends name %}", 'can extend "layout.html" and nothing else'),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "`macro` cannot stand in a text"),
    ("{% autoescape false %}{{ name }}{% endautoescape %}", "`autoescape` cannot stand in a text"),
    ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "it goes too deep"),
    ("x" * 70_000, "more than 65,536 characters"),
]


@pytest.fixture(scope="module")
def strict() -> Iterator[Renderer]:
    """A renderer with little patience."""
    renderer = Renderer({}, seconds=SECONDS, room=64 * 1024 * 1024, silence=5)
    yield renderer
    renderer.close()


@pytest.mark.parametrize(("source", "told"), ESCAPES, ids=[source[:40] for source, _ in ESCAPES])
def test_a_text_reaches_nothing_but_its_data(strict, source, told):
    strict.render_all([order()])
    before = strict.pid
    fault = fault_of(strict, written(source, "html"))
    assert fault.startswith("text own, language en, part html")
    assert told in fault
    assert strict.pid == before


def nested(depth: int, inside: str) -> str:
    return "{% for x in range(1000) %}" * depth + inside + "{% endfor %}" * depth


DOUBLED = "{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x | length }}"
GREEDY = [
    (nested(9, ""), "it takes too long"),
    (nested(3, "{% if x > 5000 %}a{% endif %}"), "it takes too long"),
    ("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "it goes too deep"),
    ("{% set all = range(1000) | list %}" + nested(5, "{{ all | sort | length }}"), "too long"),
    (DOUBLED, "more memory than any message needs"),
    ("{% set x = [[1, 1]] %}" + "{% set x = x + x %}" * 40, "more memory than any message needs"),
    (nested(2, "0123456789"), "more than 262,144 characters"),
    ("{% block a %}" + nested(2, "0123456789") + "{% endblock %}", "more than 262,144 characters"),
    ("{% set x %}" + nested(2, "0123456789") + "{% endset %}", "more than 262,144 characters"),
    ("{% filter upper %}" + nested(2, "0123456789") + "{% endfilter %}", "more than 262,144 characters"),
]


@pytest.mark.parametrize(("source", "told"), GREEDY, ids=[source[:40] for source, _ in GREEDY])
def test_a_text_that_never_ends_or_grows_is_stopped_and_its_neighbours_are_written(strict, source, told):
    made = strict.render_all([order(), written(source, "short"), order("apology", "ar-EG")])
    assert isinstance(made[0], Text)
    assert isinstance(made[2], Text)
    assert isinstance(made[1], Broken)
    assert told in made[1].fault
    assert made[1].fault.startswith("text own, language en, part short")
    assert not made[1].ours


def test_a_text_that_takes_too_long_is_not_tried_for_every_customer(strict):
    made = strict.render_all([written(nested(9, ""), "subject") for _ in range(100)])
    assert all(isinstance(one, Broken) for one in made)
    assert made[-1].fault.endswith("it took too long 3 times")


def test_who_looks_at_texts_that_take_too_long_does_not_keep_messages_waiting_for_all_of_them():
    renderer = Renderer({}, patience=2 * SECONDS, seconds=SECONDS, room=64 * 1024 * 1024)
    texts = {f"news{number:02}": {"en": {"subject": "x", "txt": nested(9, "")}} for number in range(60)}
    orders = [Order("look", texts, name, "en", "en", {}) for name in texts]

    first, *_, last = renderer.shown(orders)
    assert isinstance(first, Broken)
    assert isinstance(last, Broken)
    assert "it takes too long" in first.fault
    assert NO_TIME in last.fault
    found = {one.template: one.message for one in renderer.check(texts, "marketing") if one.level == "error"}
    assert "it takes too long" in found["news00"]
    assert NO_TIME in found["news59"]
    assert text_of(renderer, order()).subject == "Thank you for coming back"
    renderer.close()


def test_no_message_is_lost_when_the_process_is_killed(strict):
    orders = [order("recognized", "en", name=f"Customer {number}") for number in range(300)]
    strict.render_all(orders[:1])
    with ThreadPoolExecutor() as threads:
        made = threads.submit(strict.render_all, orders)
        for _ in range(2):
            before = strict.pid
            if before:
                os.kill(before, signal.SIGKILL)
            eventually(lambda before=before: made.done() or strict.pid not in (None, before))
    assert [f"Customer {number}" in one.plain for number, one in enumerate(made.result())] == [True] * 300


def test_a_process_that_stands_still_is_replaced():
    renderer = Renderer({}, silence=1)
    text_of(renderer, order())
    stopped = renderer.pid
    os.kill(stopped, signal.SIGSTOP)
    assert text_of(renderer, order()).subject == "Thank you for coming back"
    assert renderer.pid != stopped
    assert not psutil.pid_exists(stopped)
    renderer.close()


def test_threads_share_a_renderer(strict):
    orders = [[order(name=f"{thread}-{number}") for number in range(40)] for thread in range(8)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(strict.render_all, orders))
    for thread, texts in enumerate(made):
        assert all(f"{thread}-{number}" in text.plain for number, text in enumerate(texts))


def test_more_campaigns_than_are_kept_ready_are_written_all_the_same(strict):
    first = written("first")
    text_of(strict, first)
    made = strict.render_all([written(f"campaign {number}") for number in range(250)])
    assert [text.plain for text in made] == [f"campaign {number}\n" for number in range(250)]
    assert text_of(strict, first).plain == "first\n"


def test_the_process_knows_no_secrets(strict, monkeypatch):
    monkeypatch.setenv("AMQP_URI", "amqp://user:secret@broker")
    renderer = Renderer({})
    text_of(renderer, order())
    environment = psutil.Process(renderer.pid).environ()
    assert "AMQP_URI" not in environment
    assert "secret" not in str(environment)
    renderer.close()


def test_closing_ends_the_process_and_asking_starts_another():
    renderer = Renderer({})
    text_of(renderer, order())
    first = renderer.pid
    renderer.close()
    assert not psutil.pid_exists(first)
    text_of(renderer, order())
    assert renderer.pid != first
    renderer.close()


def test_a_renderer_that_nobody_closes_leaves_nothing_behind():
    renderer = Renderer({})
    text_of(renderer, order())
    child = renderer.pid
    del renderer
    assert not psutil.pid_exists(child)


def test_where_no_process_can_be_started_messages_wait(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    renderer = Renderer({})
    made = renderer.render_all([order(), order()])
    assert [one.ours for one in made] == [True, True]
    assert "can be started" in made[0].fault
    with pytest.raises(CannotStart):
        renderer.check({"own": {}}, "service")


PARENT = """
    {first}
    import sys, time
    from services.notifications.texts.renderer import Renderer
    from tests.unit.notifications.texts import order
    renderer = Renderer({{}})
    {then}
"""


def parent(first: str, then: str) -> subprocess.Popen[str]:
    script = textwrap.dedent(PARENT).format(first=first, then=textwrap.dedent(then))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    )


@pytest.mark.parametrize("first", ["", "import eventlet; eventlet.monkey_patch()"], ids=["plain", "eventlet"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_parent(first, number):
    started = parent(first, "renderer.render_all([order()]); print(renderer.pid, flush=True); time.sleep(60)")
    assert started.stdout
    child = int(started.stdout.readline())
    assert psutil.pid_exists(child)
    started.send_signal(number)
    started.wait(60)
    eventually(lambda: not psutil.pid_exists(child))
    started.stdout.close()


def test_green_threads_go_on_while_messages_are_written():
    """A busy service answers its health check, and the heartbeat of its connection goes on."""
    started = parent(
        "import eventlet; eventlet.monkey_patch()",
        """
from concurrent.futures import ThreadPoolExecutor
beats = []
def beat():
    while True:
        beats.append(time.monotonic())
        eventlet.sleep(0.005)
eventlet.spawn(beat)
renderer.render_all([order()])
del beats[:]
with ThreadPoolExecutor(4) as threads:
    made = list(threads.map(renderer.render_all, [[order()] * 500] * 4))
print(sum(len(one) for one in made), {type(text).__name__ for one in made for text in one}, len(beats) > 10)
renderer.close()
""",
    )
    assert started.communicate(timeout=120)[0].strip() == "2000 {'Text'} True"
    assert started.returncode == 0
