"""The containers of docker-compose.yml, as a project of its own that touches nothing else on the machine."""

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.waiting import eventually
from wafa.demo.run import Demo

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "tests" / "compose" / "standins" / "make.sh"
#: Kept between runs, for what Docker need not do again.
IMAGE = "wafa-test"
REVISION = "tested"
#: What is built here has this label, by which images are found that another has taken the name of.
OLD = "wafa.test"
FILES = ("docker-compose.yml", "tests/compose/compose.yml")
#: What is there on request alone, but for Grafana: nothing stands in for its image.
ASKED_FOR = ("driver", "keep", "observe")


def run(*command: str | Path, within: float = 300, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command that succeeds; what it complains of is in the error."""
    how: dict[str, Any] = {"cwd": ROOT, "capture_output": True, "text": True, **options}
    done = subprocess.run([*map(str, command)], timeout=within, **how)
    assert not done.returncode, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def output(*command: str | Path, **options: Any) -> str:
    """Run a command that succeeds, and return what it prints."""
    return run(*command, **options).stdout


def docker(*arguments: str) -> str:
    return output("docker", *arguments)


def compose_command() -> list[str]:
    """Return Compose 2 where the client has it, otherwise docker-compose; WAFA_COMPOSE says which."""
    if told := os.environ.get("WAFA_COMPOSE"):
        return told.split()
    there = subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
    return ["docker", "compose"] if there else ["docker-compose"]


@dataclass(slots=True)
class Driving:
    """A script of `driver/` at work in a container; what it says comes as JSON objects."""

    process: subprocess.Popen[str]
    said: list[dict[str, Any]] = field(default_factory=list)

    def hear(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(json.loads(line))
            yield self.said[-1]

    def hear_of(self, times: int) -> None:
        """Wait until so many more chunks are published and confirmed."""
        for said in self.hear():
            times -= "published" in said
            if not times:
                return
        raise AssertionError(f"it ended before: {self.said}")

    def end(self) -> list[dict[str, Any]]:
        """Wait for its end and return all that it said."""
        with self.process:
            for _ in self.hear():
                pass
        return self.said


@dataclass
class Containers:
    """A Compose project. `took` collects how long what took (seconds); `told`, what else is worth knowing."""

    folder: Path
    project: str = field(default_factory=lambda: f"wafa-test-{uuid.uuid4().hex[:8]}")
    until: date = field(default_factory=lambda: datetime.now(UTC).date())
    took: dict[str, float] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @cached_property
    def images(self) -> str:
        """The images to be used where they are not the real ones, as lines for `.env`."""
        return self._prepare("names")

    def _prepare(self, what: str) -> str:
        done = run("sh", IMAGES, what, within=1200)
        self.told += done.stderr.splitlines()
        return done.stdout

    def build(self) -> None:
        """Build our own image, and beside it what stands in for the servers'."""
        assert self.environment_file.exists()
        with ThreadPoolExecutor() as both:
            servers = both.submit(self._prepare, "servers") if self.images else None
            self.compose("build", "customers", within=1200)
            if servers:
                servers.result()
        docker("image", "prune", "--force", f"--filter=label={OLD}")

    @cached_property
    def environment_file(self) -> Path:
        """`.env` as deploy/env.sh writes it, with images, and with a free port for the front door."""
        shift = (Demo.launch_moment(self.until) - datetime.now(UTC)).total_seconds()
        path = self.folder / ".env"
        path.write_text(
            f"{output('sh', 'deploy/env.sh')}{self.images}WAFA_IMAGE={IMAGE}\nWAFA_REVISION={REVISION}\n"
            f"WAFA_PUBLISHED=127.0.0.1:\nMAIL_PUBLISHED=127.0.0.1:\nCLOCK_SHIFT={shift:.0f}\n"
            f"SECRETS_FOLDER={self.folder / 'secrets'}\nBACKUPS_FOLDER={self.folder / 'backups'}\n"
        )
        output("sh", "deploy/secrets.sh", path, self.folder / "secrets")
        return path

    def command(self, *arguments: str) -> list[str]:
        files = [part for file in FILES for part in ("--file", file)]
        project = ["--project-name", self.project, "--env-file", str(self.environment_file)]
        return [*compose_command(), *project, *files, "--profile", "demo", *arguments]

    def compose(self, *arguments: str, within: float = 600) -> str:
        return output(*self.command(*arguments), within=within)

    def up(self, *arguments: str) -> None:
        """Bring up what is not, without building, and wait until every container is healthy."""
        self.compose("up", "--detach", "--no-build", *arguments)
        eventually(self.is_healthy, within=180, every=1)

    def scale(self, **replicas: int) -> None:
        """Bring up as many containers of each service, and leave those that run as they are."""
        self.up("--no-recreate", *(f"--scale={service}={number}" for service, number in replicas.items()))

    def down(self) -> None:
        profiles = [part for name in ASKED_FOR for part in ("--profile", name)]
        self.compose(*profiles, "down", "--volumes", "--remove-orphans", "--timeout", "3")
        assert not self.left_over()

    def left_over(self) -> list[str]:
        """Return what Docker still has of the project."""
        of_ours = f"--filter=label=com.docker.compose.project={self.project}"
        kinds = (("container", "--all"), ("network",), ("volume",))
        return [
            f"{kind} {one}"
            for kind, *arguments in kinds
            for one in docker(kind, "ls", "--quiet", *arguments, of_ours).split()
        ]

    def as_documented(self, commands: str) -> str:
        """Run commands of a document, as who sits in the folder of `.env`; return what they print."""
        lines = self.environment_file.read_text("utf-8").splitlines()
        environment = {
            **os.environ,
            **dict(line.split("=", 1) for line in lines if line and not line.startswith("#")),
            "COMPOSE_FILE": ":".join(str(ROOT / file) for file in FILES),
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_PROFILES": "demo",
        }
        typed = commands.replace("docker compose", " ".join(compose_command()))
        at_a_terminal = ("script", "--quiet", "--return", "--command", f"set -eu\n{typed}", "/dev/null")
        return output(*at_a_terminal, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL)

    def ids(self, service: str | None = None) -> list[str]:
        """Return the ids of the containers, those that run and those that do not."""
        labels = {"project": self.project, "oneoff": "False"} | ({"service": service} if service else {})
        filters = [f"--filter=label=com.docker.compose.{name}={value}" for name, value in labels.items()]
        return docker("ps", "--all", "--quiet", "--no-trunc", *filters).split()

    def inspected(self, service: str | None = None) -> list[dict[str, Any]]:
        ids = self.ids(service)
        return list(json.loads(docker("inspect", *ids))) if ids else []

    def health(self, service: str | None = None) -> dict[str, str]:
        """Return what the health check of each container says, by its name."""
        return {
            one["Name"].lstrip("/"): one["State"]["Health"]["Status"] if one["State"]["Running"] else "down"
            for one in self.inspected(service)
        }

    def is_healthy(self) -> bool:
        """Tell whether every container is."""
        return self.are_healthy()

    def are_healthy(self, service: str | None = None) -> bool:
        """Tell whether all containers of a service are, or simply all."""
        return set(self.health(service).values()) == {"healthy"}

    def execute(self, container: str, *command: str) -> str:
        return docker("exec", container, *command)

    def drive(self, script: str, *arguments: object) -> Driving:
        """Start a script of `driver/` in a container of the project."""
        run = ["run", "--rm", "-T", "--no-deps", "driver", f"/opt/driver/{script}"]
        process = subprocess.Popen(
            self.command(*run, *map(str, arguments)),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        return Driving(process)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.took[what] = time.monotonic() - began

    @contextmanager
    def cut_off(self, container: str, alias: str) -> Iterator[None]:
        """Take a container out of the network for as long as the context lasts."""
        network = f"{self.project}_default"
        docker("network", "disconnect", network, container)
        try:
            yield
        finally:
            docker("network", "connect", "--alias", alias, network, container)

    def table(self) -> str:
        """Return `docker ps` of the project, and the sizes of its images."""
        label = f"label=com.docker.compose.project={self.project}"
        shown = "table {{.Names}}\t{{.Image}}\t{{.Status}}\t{{.Ports}}"
        sizes = docker("image", "ls", "--format", "table {{.Repository}}\t{{.Tag}}\t{{.Size}}").splitlines()
        images = {one["Config"]["Image"] for one in self.inspected()}
        return "\n".join(
            [
                docker("ps", "--all", "--filter", label, "--format", shown),
                *(line for line in sizes if line.split()[0] in ("REPOSITORY", *images)),
            ]
        )
