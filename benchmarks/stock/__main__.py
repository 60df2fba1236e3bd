"""Runs one stock service until it is killed."""

import eventlet

eventlet.monkey_patch()

import logging  # noqa: E402
import sys  # noqa: E402

from nameko.containers import ServiceContainer  # noqa: E402

from benchmarks.stock.customers import StockCustomers  # noqa: E402
from benchmarks.stock.ground import nameko_config  # noqa: E402
from benchmarks.stock.interactions import StockInteractions, StockInteractionsByRpc  # noqa: E402
from benchmarks.stock.loyalty import StockLoyalty  # noqa: E402
from benchmarks.stock.notifications import StockNotifications  # noqa: E402
from wafa.runtime.settings import load_settings  # noqa: E402

SERVICES = {
    "customers": StockCustomers,
    "interactions": StockInteractions,
    "interactions --rpc": StockInteractionsByRpc,
    "loyalty": StockLoyalty,
    "notifications": StockNotifications,
}


def main() -> None:
    """Run the service that the command line names; without one, say which there are."""
    if not sys.argv[1:]:
        print(*SERVICES, sep="\n")
        return
    logging.basicConfig(level=logging.WARNING)
    container = ServiceContainer(SERVICES[" ".join(sys.argv[1:])], nameko_config(load_settings()))
    container.start()
    container.wait()


if __name__ == "__main__":
    main()
