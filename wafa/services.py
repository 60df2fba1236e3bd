"""The names of the services. Imports nothing: `wafa run` reads it before it patches the standard library."""

#: Those that the events go through.
SERVICES = ("customers", "interactions", "loyalty", "notifications")
#: Keeps what the front door needs: keys, subscriptions.
GATEWAY = "gateway"
#: All that `wafa run` runs: each takes events in, and confirms a merge or an erasure.
WORKERS = (*SERVICES, GATEWAY)
#: The front door itself: it answers HTTP, by `wafa serve`.
WEB = "web"
#: What the whole system consists of.
PROCESSES = (*WORKERS, WEB)
