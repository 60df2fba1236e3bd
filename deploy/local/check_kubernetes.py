"""Check deploy/cluster/kubernetes where no cluster can be asked: its form, and that what it names is there.

`kubectl kustomize` has the last word on whether it can be built, where kubectl is installed. Exit code 1 when
something is wrong.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

sys.path.insert(0, str(Path(__file__).parent))

from kustomized import Broken, Object, kustomized

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = Path(__file__).with_name("kubernetes-schema.json")
FOLDERS = ("overlays/production", "data")


def problems(root: Path, folder: str) -> Iterator[str]:
    """Yield what is wrong with a folder of deploy/cluster/kubernetes, in words that name the object."""
    try:
        objects = kustomized(root / "deploy" / "cluster" / "kubernetes" / folder)
    except Broken as error:
        yield str(error)
        return
    yield from _of_another_form(objects)
    yield from _twice(objects)
    for one in objects:
        if "template" in one.get("spec", {}):
            yield from (f"{_named(one)}: {problem}" for problem in _dangling(one["spec"], objects))
    yield from _aimed_at_nothing(objects)
    yield from _words_of_kubectl(root, folder)


def _named(one: Object) -> str:
    return f"{one['kind']}/{one['metadata']['name']}"


def _of_another_form(objects: list[Object]) -> Iterator[str]:
    schemas = json.loads(SCHEMAS.read_text("utf-8"))
    for one in objects:
        kind = f"{one['apiVersion']}/{one['kind']}"
        if kind not in schemas["kinds"]:
            yield f"{_named(one)}: {kind} is not known"
            continue
        schema = {**schemas["kinds"][kind], "$defs": schemas["$defs"]}
        for error in jsonschema_rs.validator_for(schema).iter_errors(one):
            yield f"{_named(one)}: {'/'.join(map(str, error.instance_path))}: {error.message}"


def _twice(objects: list[Object]) -> Iterator[str]:
    names = [_named(one) for one in objects]
    yield from (
        f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1})
    )


def _dangling(spec: Object, objects: list[Object]) -> Iterator[str]:
    template = spec["template"]
    selected = spec.get("selector", {}).get("matchLabels", {}).items()
    if not selected <= template["metadata"]["labels"].items():
        yield "its selector does not fit its own pods"
    held = {(one["kind"], one["metadata"]["name"]): one for one in objects}
    volumes = {volume["name"]: volume for volume in template["spec"].get("volumes", ())}
    for volume in volumes.values():
        if "configMap" in volume and ("ConfigMap", volume["configMap"]["name"]) not in held:
            yield f"volume {volume['name']}: there is no ConfigMap {volume['configMap']['name']}"
    for container in template["spec"]["containers"]:
        ports = {port["name"] for port in container.get("ports", ())}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in container and (port := container[probe]["httpGet"]["port"]) not in ports:
                yield f"{probe}: there is no port {port}"
        yield from (
            f"there is no volume {mount['name']}"
            for mount in container.get("volumeMounts", ())
            if mount["name"] not in volumes
        )
        yield from _unknown_values(container, held)


def _unknown_values(container: Object, held: dict[tuple[str, str], Object]) -> Iterator[str]:
    wanted: list[tuple[str, str, str | None]] = []
    for source in container.get("envFrom", ()):
        wanted += [("Secret", one["name"], None) for name, one in source.items() if name == "secretRef"]
        wanted += [("ConfigMap", one["name"], None) for name, one in source.items() if name == "configMapRef"]
    defined: set[str] = set()
    for variable in container.get("env", ()):
        source = variable.get("valueFrom", {})
        wanted += [("Secret", one["name"], one["key"]) for k, one in source.items() if k == "secretKeyRef"]
        wanted += [
            ("ConfigMap", one["name"], one["key"]) for k, one in source.items() if k == "configMapKeyRef"
        ]
        used = {part.partition(")")[0] for part in variable.get("value", "").split("$(")[1:]}
        yield from (f"{variable['name']}: $({one}) is not defined before it" for one in used - defined)
        defined.add(variable["name"])
    for kind, name, key in wanted:
        if name.endswith("-erlang-cookie"):
            continue  # made by the operator
        one = held.get((kind, name))
        if one is None or (key and key not in {**one.get("data", {}), **one.get("stringData", {})}):
            yield f"there is no {key or ''} in {kind} {name}" if one else f"there is no {kind} {name}"


def _aimed_at_nothing(objects: list[Object]) -> Iterator[str]:
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in objects
        if one["kind"] == "Deployment"
    }
    services = {one["metadata"]["name"] for one in objects if one["kind"] == "Service"}
    for one in objects:
        spec: Any = one.get("spec", {})
        if one["kind"] in ("Service", "PodMonitor", "PodDisruptionBudget") and pods:
            selector = spec["selector"]
            labels = (selector.get("matchLabels", selector)).items()
            if not any(labels <= pod.items() for pod in pods.values()):
                yield f"{_named(one)}: there is no pod with {dict(labels)}"
        if "scaleTargetRef" in spec and spec["scaleTargetRef"]["name"] not in pods:
            yield f"{_named(one)}: there is no Deployment {spec['scaleTargetRef']['name']}"
        if one["kind"] == "Ingress":
            paths = [path for rule in spec["rules"] for path in rule["http"]["paths"]]
            wanted = {path["backend"]["service"]["name"] for path in paths}
            yield from (f"{_named(one)}: there is no Service {name}" for name in wanted - services)


def _words_of_kubectl(root: Path, folder: str) -> Iterator[str]:
    if not shutil.which("kubectl"):
        return
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(root / "deploy", Path(scratch) / "deploy")
        place = Path(scratch) / "deploy" / "cluster" / "kubernetes" / folder
        for example in place.rglob("*.env.example"):
            example.rename(example.with_suffix(""))
        done = subprocess.run(["kubectl", "kustomize", str(place)], capture_output=True, text=True)
    if done.returncode:
        yield f"kubectl kustomize: {done.stderr.strip()}"


if __name__ == "__main__":
    found = {folder: list(problems(ROOT, folder)) for folder in FOLDERS}
    for folder, said in found.items():
        print("\n".join(f"kubernetes/{folder}: {one}" for one in said) or f"kubernetes/{folder}: well formed")
    sys.exit(any(found.values()))
