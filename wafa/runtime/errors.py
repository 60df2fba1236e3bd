"""The errors of the runtime.

RuntimeFault
├── Transient            something is away; the same call may succeed later
│   ├── PublishFailed     not every message was confirmed
│   │   └── QueueFull     the broker refused some, and has all others
│   ├── Unroutable        a message reached no queue: the topology is missing, for now
│   ├── StoreAway         the database is there but cannot do its work
│   └── RemoteUnavailable a service did not answer an RPC in time, or said that something is away for it
├── RemoteFailed         a service answered an RPC with an error
├── Misconfigured        broker and code disagree for good; a person has to act
└── StoreRefused         the database refuses a document
"""


class RuntimeFault(Exception):
    """Base of what the runtime raises."""


class Transient(RuntimeFault):
    """Something is away for now; nothing is wrong with the events."""


class PublishFailed(Transient):
    """The broker refused or did not confirm every message in time. Publishing again is harmless."""


class QueueFull(PublishFailed):
    """The broker answered for every message and refused some, because a queue is full."""


class RemoteUnavailable(Transient):
    """A service did not answer in time, or something that it needs is away."""


class RemoteFailed(RuntimeFault):
    """A service answered with an error: the name of its class is `kind`, what it said is `words`."""

    def __init__(self, method: str, kind: str, words: str) -> None:
        self.kind = kind
        self.words = words
        super().__init__(f"{method}: {kind}: {words}")


class Misconfigured(RuntimeFault):
    """A queue has another type than it should have, or a permission is missing: the process must stop."""


class Unroutable(Transient):
    """The broker returned a message because no queue takes it: no fault of the event."""


class StoreAway(Transient):
    """The database answers, but cannot write durably or does not let us in; the documents are fine."""


class StoreRefused(RuntimeFault):
    """The database refuses a document. The message says why and never what is in it: that may be personal."""
