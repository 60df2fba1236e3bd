"""`wafa rebuild audience`: what other services can tell again is handed to notifications, page by page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress

from wafa.cli.faults import CommandFault
from wafa.runtime.client import Client

PAGE = 500
#: Who tells what. Any order would do: nobody looks at what is learnt until the end.
TELLERS = {"interactions": "interactions", "loyalty": "members", "customers": "customers"}

Differences = list[dict[str, Any]]


class Occupied(CommandFault):
    """Another rebuild of the audience is running."""


class Relearning:
    """One rebuild of the audience through the services, shown on progress bars."""

    def __init__(self, services: Client, bars: Progress, *, repair: bool) -> None:
        self._services = services
        self._bars = bars
        self._repair = repair
        self._rebuild = ""
        self._entries = 0

    def run(self) -> tuple[int, Differences]:
        """Return how many customers were compared, and those that differed: `{"customer_id", "fields"}`."""
        with self._begun():
            for service, things in TELLERS.items():
                self._relearn(service, things)
            self._keep()
            checked, suspects = self._compare()
            return checked, self._settle(suspects)

    @contextmanager
    def _begun(self) -> Iterator[None]:
        begun = self._ask("rebuild_audience_begin", self._repair)
        if problem := begun.get("error"):
            raise Occupied(problem["message"])
        self._rebuild, self._entries = begun["rebuild"], begun["entries"]
        try:
            yield
        finally:
            # Also after Ctrl-C: otherwise nobody would be contacted until the lease is over.
            self._ask("rebuild_audience_end", self._rebuild)

    def _relearn(self, service: str, things: str) -> None:
        bar = self._bars.add_task(things, total=self._number_of(service))
        for page in self._pages(service, "history"):
            self._ask("relearn", self._rebuild, page["events"])
            self._bars.advance(bar, len(page["events"]))
        self._bars.update(bar, total=self._bars.tasks[bar].completed)

    def _keep(self) -> None:
        bar = self._bars.add_task("kept", total=self._entries)
        for page in self._pages("notifications", "rebuild_audience_keep", self._rebuild):
            self._bars.advance(bar, page["kept"])

    def _compare(self) -> tuple[int, list[str]]:
        bar = self._bars.add_task("compared", total=self._entries)
        checked, suspects = 0, []
        for page in self._pages("notifications", "rebuild_audience_compare", self._rebuild):
            checked += page["checked"]
            suspects += page["different"]
            self._bars.advance(bar, page["checked"])
        return checked, suspects

    def _settle(self, suspects: list[str]) -> Differences:
        """Look again: some had only been in the middle of something."""
        bar = self._bars.add_task("put right" if self._repair else "looked at again", total=len(suspects))
        different: Differences = []
        for start in range(0, len(suspects), PAGE):
            some = suspects[start : start + PAGE]
            different += self._ask("rebuild_audience_settle", self._rebuild, some, self._repair)["different"]
            self._bars.advance(bar, len(some))
        return different

    def _pages(self, service: str, method: str, *arguments: Any) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            page = self._services.call(service, method, *arguments, after, PAGE)
            yield page
            after = page["next"]
            if after is None:
                return

    def _number_of(self, service: str) -> int | None:
        if service == "interactions":
            return sum(int(one["records"]) for one in self._services.call(service, "totals"))
        if service == "loyalty":
            return int(self._services.call(service, "summary")["members"])
        return self._entries

    def _ask(self, method: str, *arguments: Any) -> Any:
        return self._services.call("notifications", method, *arguments)
