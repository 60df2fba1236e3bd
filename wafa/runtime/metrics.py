"""What every service counts, for Prometheus. A service's own figures stand beside its code."""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# When a counter began is half as many series again, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

EVENTS = Counter("wafa_events_total", "Events taken from a queue and brought to effect", ["queue"])
REFUSED = Counter("wafa_events_refused_total", "Events sent to quarantine", ["queue", "reason"])
POSTPONED = Counter(
    "wafa_events_postponed_total", "Events sent to a delay queue for another attempt", ["queue"]
)
SET_APART = Counter(
    "wafa_messages_set_apart_total",
    "Messages that were in hand when processes ended, to be taken alone",
    ["queue"],
)
BATCH_EVENTS = Histogram(
    "wafa_batch_events",
    "Events in a batch",
    ["queue"],
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000),
)
BATCH_SECONDS = Histogram(
    "wafa_batch_seconds", "From the handing over of a batch to its ack", ["queue"], buckets=_SECONDS
)
RETRIES = Counter("wafa_batch_retries_total", "Batches taken again because something was away", ["queue"])
CONNECTED = Gauge("wafa_consumer_connected", "1 while the consumer of a queue is connected", ["queue"])
PUBLISHED = Counter("wafa_events_published_total", "Events published and confirmed", ["type"])
LAG_SECONDS = Histogram(
    "wafa_lag_seconds",
    "From the publishing of a batch's oldest message to its taking",
    ["queue"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400),
)
OLDEST = Gauge(
    "wafa_oldest_event_seconds",
    "Age of the oldest message that was fetched and has not come to its end; 0 when there is none",
    ["queue"],
)
DATABASE_SECONDS = Histogram(
    "wafa_database_seconds", "From a command to the database's answer", ["command"], buckets=_SECONDS
)
DATABASE_FAILURES = Counter(
    "wafa_database_failures_total", "Commands that the database refused or did not answer", ["command"]
)
DATABASE_MEMBERS = Gauge(
    "wafa_database_members",
    "Members of the database's replica set, or its one server, by whether they are known to answer",
    ["state"],
    multiprocess_mode="livemax",
)
CONFIRM_SECONDS = Histogram("wafa_confirm_seconds", "From publishing to the last confirm", buckets=_SECONDS)
PENDING_AGE = Gauge(
    "wafa_pending_age_seconds",
    "Age of the oldest effect that its worker has left unsettled; 0 when there is none",
    ["service"],
)
