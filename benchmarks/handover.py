"""From decided to gone, without the database: texts are written, mails composed and handed over."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any

from benchmarks.audience import entries
from benchmarks.mailsink import Sink
from benchmarks.meter import memory
from services.notifications.channels.email import Email
from services.notifications.channels.mail import Sender
from services.notifications.channels.outcomes import Message
from services.notifications.channels.smtp import Mailer, Server
from services.notifications.domain.campaign import Broadcast, Campaign, Purpose
from services.notifications.domain.campaign import Message as Step
from services.notifications.planning.journeys import enrol
from services.notifications.replies.links import Links
from services.notifications.sending.deciding import Job
from services.notifications.sending.delivery import Delivery
from services.notifications.texts.renderer import Renderer
from services.notifications.texts.text import Texts
from services.notifications.texts.titles import titles_of
from wafa.runtime.settings import DEFAULT_PROGRAM

CONNECTIONS = 8
SLICE = 256


class _Book:
    """The texts that are built in."""

    def texts(self, key: str) -> Texts:
        """Return none of a campaign's own."""
        return {}


def measure(post: Sink, mails: int, moment: datetime) -> dict[str, Any]:
    """Return mails per second of one process with its process for texts, and their memory.

    While one slice is handed over the next is being written, each on a core of its own.
    """
    sender = Sender("Bayt Coffee", "care@bayt.example")
    links = Links("https://wafa.example", ("a secret of at least 32 characters",))
    mailer = Mailer(Server("127.0.0.1", post.port))
    delivery = Delivery({"email": Email(mailer, sender)}, sender, Renderer(titles_of(DEFAULT_PROGRAM)), links)
    before = post.mails
    with ThreadPoolExecutor(CONNECTIONS) as threads, ThreadPoolExecutor(1) as writer:
        slices = list(_slices(list(_jobs(mails + SLICE, moment)), SLICE))
        delivery.write(slices[0], _Book())  # type: ignore[arg-type]
        began = time.monotonic()
        writing = writer.submit(delivery.write, slices[1], _Book())
        for following in [*slices[2:], []]:
            written = [one for one in writing.result() if isinstance(one, Message)]
            writing = writer.submit(delivery.write, following, _Book())
            list(threads.map(delivery.channels["email"].send, written))
        took = time.monotonic() - began
    held = memory({"texts": delivery.renderer.pid or 0})
    delivery.close()
    mailer.close()
    return {"mails_per_second": round((post.mails - before) / took), "memory_mib": held}


def _jobs(number: int, moment: datetime) -> Iterator[Job]:
    step = Step("hello", "win_back", ("email",))
    campaign = Campaign("bench", 1, Purpose.MARKETING, Broadcast(), (step,))
    for entry in entries(range(1, 2 * number), moment):
        if entry.profile and entry.profile.emails:
            row = enrol(campaign, entry.customer_id, "once", moment, cause="", correlation="")
            yield Job(row, campaign, step, entry, entry.profile.emails[0], moment)


def _slices(jobs: Sequence[Job], size: int) -> Iterator[list[Job]]:
    left = iter(jobs)
    while some := list(islice(left, size)):
        yield some
