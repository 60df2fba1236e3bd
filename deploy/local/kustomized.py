"""As much of Kustomize as deploy/ uses, for where it is not installed: what a folder comes to, as objects.

What `kubectl kustomize` makes of the same folder is the same, but for the suffixes of generated names.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
#: What a kustomization may say here. Anything else would be passed over without a word.
UNDERSTOOD = {
    *("apiVersion", "kind", "namespace", "resources", "components", "patches", "labels", "images"),
    *("configMapGenerator", "secretGenerator", "generatorOptions"),
}
#: By which field Kubernetes tells the elements of a list apart; other lists are replaced as a whole.
IDENTITY = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}
IDENTITY |= {"ports": "containerPort"}


class Broken(Exception):
    """A folder cannot be built; the message says why."""


def kustomized(folder: Path, objects: list[Object] | None = None) -> list[Object]:
    """Return the objects that a folder describes; of a component, `objects` are what it is laid over.

    Raises:
        Broken: it names what is not there, or says what is not understood here.
    """
    told = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    if unknown := told.keys() - UNDERSTOOD:
        raise Broken(f"{folder}: {', '.join(sorted(unknown))} is not understood")
    objects = list(objects or ())
    for name in told.get("resources", ()):
        objects += _read(folder / name)
    for kind, generator in (("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")):
        for one in told.get(generator, ()):
            _generate(objects, kind, one, folder)
    for name in told.get("components", ()):
        objects = kustomized((folder / name).resolve(), objects)
    for patch in told.get("patches", ()):
        _patch(objects, patch, folder)
    for label in told.get("labels", ()):
        for one in objects:
            _label(one, label["pairs"])
    for image in told.get("images", ()):
        for one in objects:
            _rename(one, image)
    if namespace := told.get("namespace"):
        for one in objects:
            if one["kind"] != "Namespace":
                one["metadata"]["namespace"] = namespace
    return objects


def _read(path: Path) -> list[Object]:
    if path.is_dir():
        return kustomized(path.resolve())
    if not path.is_file():
        raise Broken(f"{path} does not exist")
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one]


def _generate(objects: list[Object], kind: str, told: Object, folder: Path) -> None:
    data = dict(literal.split("=", 1) for literal in told.get("literals", ()))
    for name in told.get("files", ()):
        if not (folder / name).is_file():
            raise Broken(f"{folder / name} does not exist")
        data[Path(name).name] = (folder / name).read_text("utf-8")
    for name in told.get("envs", ()):
        example = folder / f"{name}.example"
        if not example.is_file():
            raise Broken(f"{example} does not exist")
        lines = [line for line in example.read_text("utf-8").splitlines() if line and line[0] != "#"]
        data |= dict(line.split("=", 1) for line in lines)
    there = _find(objects, kind, told["name"])
    if (told.get("behavior") == "merge") != bool(there):
        raise Broken(f"{folder}: {kind} {told['name']} is {'there already' if there else 'not there'}")
    field = "data" if kind == "ConfigMap" else "stringData"
    if there:
        there[0][field] |= data
    else:
        made = {"apiVersion": "v1", "kind": kind, "metadata": {"name": told["name"]}, field: data}
        objects.append(made)


def _find(objects: list[Object], kind: str, name: str | None = None) -> list[Object]:
    return [one for one in objects if one["kind"] == kind and name in (None, one["metadata"]["name"])]


def _patch(objects: list[Object], told: Object, folder: Path) -> None:
    change = yaml.safe_load(told["patch"] if "patch" in told else (folder / told["path"]).read_text("utf-8"))
    if isinstance(change, list):
        targets = _find(objects, told["target"]["kind"], told["target"].get("name"))
        for one in targets:
            _operate(one, change)
    else:
        name = None if "target" in told else change["metadata"]["name"]
        targets = _find(objects, change["kind"], name)
        change["metadata"] = {field: value for field, value in change["metadata"].items() if field != "name"}
        for one in targets:
            one |= _merged(one, change)
    if not targets:
        raise Broken(f"{folder}: a patch meets nothing")


def _operate(one: Object, operations: list[Object]) -> None:
    for operation in operations:
        *way, last = operation["path"].strip("/").split("/")
        place = one
        for step in way:
            place = place[step]
        if operation["op"] == "remove":
            del place[last]
        elif operation["op"] == "replace" and last in place:
            place[last] = operation["value"]
        else:
            raise Broken(f"{operation} cannot be done")


def _merged(base: Any, change: Any, key: str = "") -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        together = {name: _merged(base[name], value, name) for name, value in change.items() if name in base}
        return {**base, **deepcopy(change), **together}
    if isinstance(base, list) and isinstance(change, list) and (by := IDENTITY.get(key)):
        news = {one[by]: one for one in change}
        kept = [_merged(one, news.pop(one[by], {})) for one in base]
        return [*deepcopy(list(news.values())), *kept]
    return deepcopy(change)


def _label(one: Object, pairs: Object) -> None:
    places = [one, one["spec"]["template"]] if "template" in one.get("spec", {}) else [one]
    for place in places:
        place.setdefault("metadata", {}).setdefault("labels", {}).update(pairs)


def _rename(one: Object, image: Object) -> None:
    for container in one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
        if container["image"] == image["name"]:
            container["image"] = f"{image['newName']}:{image['newTag']}"
