"""Names of servers, looked up anew each time.

eventlet's resolver remembers an answer for as long as the name server says, which for containers is ten
minutes, and for a name that is not there just now may be a day. A broker or a database that comes back at
another address would be looked for at the old one for so long. Imported for its effect, once the standard
library is patched.
"""

from eventlet.support import greendns


class Forgetful(greendns.ResolverProxy):
    """A resolver that remembers no answer of a name server."""

    def clear(self) -> None:
        """Begin anew, by the system's own settings; called by eventlet before the first question."""
        super().clear()
        self._resolver.cache = None


greendns.resolver = Forgetful(hosts_resolver=greendns.HostsResolver())
