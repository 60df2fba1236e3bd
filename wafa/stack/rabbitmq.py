"""A RabbitMQ node of our own: ports, data, cookie and port mapper apart from any other on the machine."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from wafa.stack.errors import StackError
from wafa.stack.install import ADVICE, find_rabbitmq
from wafa.stack.ports import LOOPBACK, Ports, answers
from wafa.stack.supervisor import Server

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NODE = f"wafa@{LOOPBACK}"  # a name that needs no resolver
CONFIGURATION = DEPLOY / "local" / "rabbitmq.d"
AMQP_0_9_1 = b"AMQP\x00\x00\x09\x01"


class Rabbitmq:
    """Where the node lives and how it is run and asked."""

    def __init__(
        self,
        folder: Path,
        logs: Path,
        ports: Ports,
        *,
        node: str = NODE,
        configuration: Path = CONFIGURATION,
    ) -> None:
        """Describe a node; nothing happens before `servers` are started.

        Args:
            folder: where its data live.
            logs: where its log goes.
            ports: where its ports come from.
            node: its name, with the loopback address that it listens at.
            configuration: a folder of further configuration files.
        """
        self.node = node
        self._address = node.partition("@")[2]
        self._configuration = configuration
        self._folder = folder
        self._logs = logs
        self._port = ports.take("amqp")
        self._mapper_port = ports.take("epmd")
        self._distribution_port = ports.take("erlang")
        self.uri = f"amqp://guest:guest@{self._address}:{self._port}/%2F"

    def servers(self) -> list[Server]:
        """Return Erlang's port mapper and the node, in the order in which they must start.

        Raises:
            StackError: RabbitMQ or Erlang is not installed.
        """
        script = find_rabbitmq()
        mapper = shutil.which("epmd") or next(map(str, Path("/usr/lib/erlang").glob("erts-*/bin/epmd")), None)
        if not script or not mapper:
            raise StackError(f"rabbitmq-server or Erlang's epmd was not found. {ADVICE}")
        self._make_cookie()
        environment = self._environment()
        return [
            Server(
                name="epmd",
                command=[mapper, "-address", self._address, "-port", str(self._mapper_port)],
                environment=environment,
                folder=self._folder,
                log=self._logs / "epmd.log",
                ready=lambda: answers(self._address, self._mapper_port),
            ),
            Server(
                name="rabbitmq",
                command=[str(script)],
                environment=environment,
                folder=self._folder,
                log=self._logs / "rabbitmq.log",
                # The listener is opened by the last step of the boot.
                ready=lambda: answers(self._address, self._port, AMQP_0_9_1),
                grace=30,
            ),
        ]

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against the node and return what it prints; takes about a second.

        Raises:
            StackError: the command failed; its words are in the message.
        """
        command = [
            str(find_rabbitmq("rabbitmqctl")),
            "--quiet",
            "--longnames",
            "--node",
            self.node,
            *arguments,
        ]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(
                f"rabbitmqctl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}"
            )
        return done.stdout

    def _make_cookie(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        cookie = self._folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(16))
        (self._folder / "plugins").write_text("[].\n")

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))
        }
        interface = self._address.replace(".", ",")
        return inherited | {
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": self._address,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(DEPLOY / "rabbitmq" / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(self._configuration),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(self._logs),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_NODE_IP_ADDRESS": self._address,
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{{interface}}}",
            # Makes the script become the node itself, so that there is one process to stop and to watch.
            "detached": "true",
        }
