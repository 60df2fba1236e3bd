"""What every service counts, for Prometheus. A service's own figures stand beside its code."""

from prometheus_client import Counter, Gauge, Histogram

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
CONFIRM_SECONDS = Histogram("wafa_confirm_seconds", "From publishing to the last confirm", buckets=_SECONDS)
PENDING_AGE = Gauge(
    "wafa_pending_age_seconds",
    "Age of the oldest effect that its worker has left unsettled; 0 when there is none",
    ["service"],
)
