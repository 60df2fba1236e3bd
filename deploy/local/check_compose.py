"""Check docker-compose.yml, and what is laid over it, where no Docker engine may run: form and references.

`docker compose config` has the last word where the client is installed. Exit code 1 when something is wrong.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Path(__file__).with_name("compose-schema.json")
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Za-z_]\w*)(?P<default>:?-[^}]*|:?\?[^}]*)?\}")


BASE = "docker-compose.yml"
#: Each may be laid over the base, by COMPOSE_FILE.
OVERLAYS = ("deploy/amqp.yml", "deploy/tls.yml", "deploy/traces.yml", "deploy/cluster/docker-compose.yml")
#: Of other lists the later one counts.
JOINED = ("volumes", "ports", "secrets")


def problems(root: Path, overlay: str | None = None) -> Iterator[str]:
    """Yield what is wrong with the compose file in `root`, or with what it is together with another one."""
    files = [BASE] if overlay is None else [BASE, overlay]
    texts = [(root / file).read_text("utf-8") for file in files]
    content = laid_over(root, overlay)
    examples = [(root / file).parent / ".env.example" for file in files]
    example = "".join(one.read_text("utf-8") for one in examples if one.exists())
    form = [
        f"{'/'.join(map(str, error.instance_path)) or 'the file'}: {error.message}"
        for error in jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(content)
    ]
    if form:
        yield from form
        return
    yield from _dangling_references(content)
    yield from _missing_files(content, root)
    yield from _undocumented_variables("".join(texts), example)
    yield from _words_of_docker(root, files, "".join(texts))


def laid_over(root: Path, overlay: str | None) -> dict[str, Any]:
    """Return what the compose file in `root` is together with another one."""
    content: dict[str, Any] = yaml.safe_load((root / BASE).read_text("utf-8"))
    if overlay is None:
        return content
    together: dict[str, Any] = _together(content, yaml.safe_load((root / overlay).read_text("utf-8")))
    return together


def _together(base: Any, over: Any, key: str = "") -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {name: _together(base.get(name), one, name) for name, one in over.items()}
    if isinstance(base, list) and isinstance(over, list) and key in JOINED:
        return base + over
    return over


def _dangling_references(content: dict[str, Any]) -> Iterator[str]:
    services = content["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            if needed not in services:
                yield f"services/{name}: depends on {needed}, which is not there"
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[needed]:
                yield f"services/{name}: waits for the health of {needed}, which has no health check"
        for kind in ("networks", "configs", "secrets"):
            for one in service.get(kind, ()):
                reference = one["source"] if isinstance(one, dict) else one
                if reference not in (content.get(kind) or {}) and reference != "default":
                    yield f"services/{name}: {kind} {reference} is not defined"
        for source in _mounted(service):
            if not source.startswith((".", "/", "$")) and source not in (content.get("volumes") or {}):
                yield f"services/{name}: volume {source} is not defined"


def _missing_files(content: dict[str, Any], root: Path) -> Iterator[str]:
    for name, service in content["services"].items():
        wanted = [source for source in _mounted(service) if source.startswith(".")]
        build = service.get("build")
        if isinstance(build, dict):
            wanted.append(str(Path(build["context"]) / build.get("dockerfile", "Dockerfile")))
        elif build:
            wanted.append(str(Path(build) / "Dockerfile"))
        yield from (
            f"services/{name}: {path} does not exist" for path in wanted if not (root / path).exists()
        )
    for kind in ("configs", "secrets"):
        for name, one in (content.get(kind) or {}).items():
            file = one.get("file", "$")
            if not file.startswith("$") and not (root / file).exists():
                yield f"{kind}/{name}: {file} does not exist"


def _undocumented_variables(text: str, example: str) -> Iterator[str]:
    for name, default in sorted(set(VARIABLE.findall(text))):
        if not re.search(rf"^#?\s*{name}=", example, re.MULTILINE):
            yield f"${{{name}}} is not in .env.example{'' if default else ', and has no default'}"


def _mounted(service: dict[str, Any]) -> Iterator[str]:
    for volume in service.get("volumes", ()):
        if isinstance(volume, str):
            yield volume.split(":")[0]
        elif "source" in volume:
            yield volume["source"]


def _words_of_docker(root: Path, files: list[str], text: str) -> Iterator[str]:
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        return
    # What people must set themselves is not what is looked at.
    required = {name: "x" for name, default in VARIABLE.findall(text) if default.lstrip(":").startswith("?")}
    done = subprocess.run(
        ["docker", "compose", *(part for file in files for part in ("--file", file)), "config", "--quiet"],
        cwd=root,
        env=required | os.environ,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        yield f"docker compose config: {done.stderr.strip()}"


if __name__ == "__main__":
    found = {overlay or BASE: list(problems(ROOT, overlay)) for overlay in (None, *OVERLAYS)}
    for name, said in found.items():
        print("\n".join(f"{name}: {one}" for one in said) or f"{name}: well formed")
    sys.exit(1 if any(found.values()) else 0)
