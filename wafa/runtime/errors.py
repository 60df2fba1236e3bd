"""The errors of the runtime.

RuntimeFault
├── Transient            something is away; the same call may succeed later
│   ├── PublishFailed     not every message was confirmed
│   │   └── QueueFull     the broker refused some, and has all others
│   ├── Unroutable        a message reached no queue: the topology is missing, for now
│   ├── StoreAway         the database is there but cannot do its work
│   └── RemoteUnavailable a service did not answer an RPC in time, or said that something is away for it
├── InvalidArgument      who calls gave an argument that cannot be, and is told which and why
├── RemoteFailed         a service broke down over an RPC; only its log says over what
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


class InvalidArgument(RuntimeFault):
    """An argument of a call cannot be as it is: the fault of who calls, also of another process.

    `path` names the argument, empty for all together; `message` goes on from there, as in "must be a string".
    Both are shown to whoever gave it. Any other error of a service is a fault of ours, whose words stay here.
    """

    def __init__(self, path: str, message: str) -> None:
        self.path = path
        self.message = message
        super().__init__(path, message)

    def __str__(self) -> str:
        """Return a sentence."""
        return f"{self.path} {self.message}".lstrip()


class RemoteFailed(RuntimeFault):
    """A service broke down over a call: an error of the class `kind`, whose words may quote a person."""

    def __init__(self, service: str, method: str, kind: str) -> None:
        self.kind = kind
        super().__init__(f"{service}.{method} broke down ({kind}); the log of {service} says where")


class Misconfigured(RuntimeFault):
    """A queue has another type than it should have, or a permission is missing: the process must stop."""


class Unroutable(Transient):
    """The broker returned a message because no queue takes it: no fault of the event."""


class StoreAway(Transient):
    """The database answers, but cannot write durably or does not let us in; the documents are fine."""


class StoreRefused(RuntimeFault):
    """The database refuses a document. The message says why and never what is in it: that may be personal."""
