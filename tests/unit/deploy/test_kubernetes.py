"""What is deployed in Kubernetes agrees with the code, and a slip of the pen in it is found."""

import re
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.gateway.web import LARGEST
from wafa.runtime.topology import QUEUES
from wafa.services import GATEWAY, PROCESSES, WEB, WORKERS

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
KUBERNETES = DEPLOY / "cluster" / "kubernetes"
CHECK = runpy.run_path(str(DEPLOY / "local" / "check_kubernetes.py"))
#: Where it is, what stands there last, and what somebody might write.
SLIPS = {
    "a field that is none": ("base/common.yaml", "terminationGracePeriodSeconds", "graceSeconds"),
    "a port that is none": ("base/common.yaml", "path: /readyz, port: http", "path: /readyz, port: web"),
    "other pods": ("base/loyalty.yaml", "name: loyalty }\n  template", "name: loyal }\n  template"),
    "a budget for nobody": ("base/loyalty.yaml", "name: loyalty }\n", "name: loyal }\n"),
    "a secret that is not there": ("base/web.yaml", "name: wafa-passwords", "name: wafa-password"),
    "a value that is not there": ("base/web.yaml", "key: WEB_PASSWORD", "key: WEB_PASS"),
    "a variable that is not there": ("base/web.yaml", "@$(BROKER)", "@$(BROKERS)"),
    "a volume that is not there": ("base/common.yaml", "{ name: tmp, mountPath", "{ name: temp, mountPath"),
    "a file that is not there": ("base/kustomization.yaml", "- network.yaml", "- networks.yaml"),
    "a patch of nobody": ("base/kustomization.yaml", "name: notifications", "name: notification"),
    "scaling nobody": (
        "autoscaling/workers.yaml",
        "scaleTargetRef: { name: gateway }",
        "scaleTargetRef: { name: x }",
    ),
    "a trigger of another form": ("autoscaling/workers.yaml", "triggers:", "trigger:"),
    "a way in to nobody": ("overlays/production/ingress.yaml", "{ name: web, port", "{ name: front, port"),
}

Object = dict[str, Any]


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    found: list[Object] = CHECK["kustomized"](KUBERNETES / "overlays" / "production")
    return found


@pytest.fixture(scope="module")
def pods(objects: list[Object]) -> dict[str, Object]:
    return {name: one["spec"]["template"] for name, one in of_kind(objects, "Deployment").items()}


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


def container(pod: Object) -> Object:
    [only] = pod["spec"]["containers"]
    found: Object = only
    return found


def variables(pod: Object) -> dict[str, Object]:
    return {one["name"]: one for one in container(pod)["env"]}


@pytest.mark.parametrize("folder", CHECK["FOLDERS"])
def test_it_is_well_formed(folder: str) -> None:
    assert list(CHECK["problems"](ROOT, folder)) == []


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_the_pen_is_found(slip: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not kubectl is there."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    file, written, meant = SLIPS[slip]
    path = tmp_path / "deploy" / "cluster" / "kubernetes" / file
    before, found, after = path.read_text("utf-8").rpartition(written)
    assert found
    path.write_text(before + meant + after)
    assert list(CHECK["problems"](tmp_path, "overlays/production"))


def test_every_process_is_deployed_and_evicted_one_pod_at_a_time(
    objects: list[Object], pods: dict[str, Object]
) -> None:
    commands = {name: ["serve"] if name == WEB else ["run", name] for name in PROCESSES}
    assert {name: container(pod)["args"] for name, pod in pods.items()} == commands
    budgets = of_kind(objects, "PodDisruptionBudget")
    chosen = {name: one["spec"]["selector"]["matchLabels"] for name, one in budgets.items()}
    assert chosen == {name: {"app.kubernetes.io/name": name} for name in PROCESSES}


def test_a_process_speaks_for_itself_alone(pods: dict[str, Object]) -> None:
    for name, pod in pods.items():
        told = variables(pod)
        assert told["PASSWORD"]["valueFrom"]["secretKeyRef"]["key"] == f"{name.upper()}_PASSWORD"
        assert told["AMQP_URI"]["value"] == f"amqp://{name}:$(PASSWORD)@$(BROKER)/%2F"
        database = f"wafa_{GATEWAY if name == WEB else name}"
        address = f"mongodb://{name}:$(PASSWORD)@$(DATABASE)/?authSource={database}&$(DATABASE_OPTIONS)"
        assert told["MONGODB_URI"]["value"] == address


def test_who_sends_messages_alone_knows_how(pods: dict[str, Object]) -> None:
    sources = {
        name: [one["secretRef"]["name"] for one in container(pod)["envFrom"] if "secretRef" in one]
        for name, pod in pods.items()
    }
    assert {name: found for name, found in sources.items() if found} == {"notifications": ["wafa-outreach"]}


def test_nobody_is_told_what_nobody_reads(
    objects: list[Object], pods: dict[str, Object], settings: dict[str, str]
) -> None:
    parts = {"PASSWORD", "BROKER", "DATABASE", "DATABASE_OPTIONS"}
    told = {name for pod in pods.values() for name in variables(pod)}
    told |= of_kind(objects, "ConfigMap")["wafa-settings"]["data"].keys()
    told |= of_kind(objects, "Secret")["wafa-outreach"]["stringData"].keys()
    assert told - parts - settings.keys() == set()


def test_the_files_that_a_process_reads_are_there(objects: list[Object], pods: dict[str, Object]) -> None:
    held = {name: set(one["data"]) for name, one in of_kind(objects, "ConfigMap").items()}
    for pod in pods.values():
        places = {one["name"]: one["mountPath"] for one in container(pod)["volumeMounts"]}
        for variable in ("WAFA_LOYALTY_PROGRAM", "WAFA_OUTREACH"):
            folder, _, file = variables(pod)[variable]["value"].rpartition("/")
            assert places["config"] == folder
            assert file in held["wafa-config"]
    assert held["wafa-campaigns"] == {path.name for path in (DEPLOY / "config" / "campaigns").iterdir()}


def test_a_process_runs_as_nobody_special(pods: dict[str, Object]) -> None:
    [user] = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    for pod in pods.values():
        around = pod["spec"]["securityContext"]
        assert f"{around['runAsUser']}:{around['runAsGroup']}" == user
        assert around["runAsNonRoot"]
        assert container(pod)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert pod["spec"]["automountServiceAccountToken"] is False


def test_a_process_is_looked_at_where_it_answers(pods: dict[str, Object]) -> None:
    [port] = re.findall(r"WAFA_HTTP_PORT=(\d+)", DOCKERFILE)
    for pod in pods.values():
        probes = {name: one["httpGet"]["path"] for name, one in container(pod).items() if "Probe" in name}
        assert probes == {
            "startupProbe": "/healthz",
            "livenessProbe": "/healthz",
            "readinessProbe": "/readyz",
        }
        assert [str(one["containerPort"]) for one in container(pod)["ports"]] == [port]


def test_a_process_has_the_time_to_stop_that_it_takes(pods: dict[str, Object]) -> None:
    runner = (ROOT / "wafa" / "runtime" / "runner.py").read_text("utf-8")
    [grace] = re.findall(r"^GRACE = (\d+)$", runner, re.MULTILINE)
    for pod in pods.values():
        waits = container(pod).get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["", 0])
        assert int(grace) + int(waits[1]) <= pod["spec"]["terminationGracePeriodSeconds"]


def test_workers_are_scaled_by_their_queues_and_the_front_door_by_its_work(
    objects: list[Object], pods: dict[str, Object]
) -> None:
    scaled = of_kind(objects, "ScaledObject")
    assert set(scaled) == set(WORKERS)
    for name, one in scaled.items():
        [trigger] = one["spec"]["triggers"]
        assert trigger["type"] == "rabbitmq"
        assert trigger["metadata"]["queueName"] == f"wafa.{name}"
        assert trigger["metadata"]["queueName"] in QUEUES
        assert one["spec"]["minReplicaCount"] >= 2
    assert set(of_kind(objects, "HorizontalPodAutoscaler")) == {WEB}


def test_what_scaling_has_decided_is_not_set_back(objects: list[Object]) -> None:
    assert not any("replicas" in one["spec"] for one in of_kind(objects, "Deployment").values())


def test_nobody_talks_to_anybody_unless_it_is_said(objects: list[Object]) -> None:
    policies = {name: one["spec"] for name, one in of_kind(objects, "NetworkPolicy").items()}
    assert policies.pop("nobody") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for one in policies.values():
        for rule in (*one.get("ingress", ()), *one.get("egress", ())):
            assert rule["ports"]
            assert rule.get("from") or rule.get("to")
    reached = {name for name, one in policies.items() if "ingress" in one}
    assert reached == {"front-door", "scraping"}
    assert policies["front-door"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": WEB}
    [outward] = policies["outward"]["podSelector"]["matchExpressions"]
    assert outward["values"] == ["notifications", GATEWAY]


def test_metrics_are_not_for_outside(objects: list[Object]) -> None:
    ingress = of_kind(objects, "Ingress")[WEB]
    [rule] = ingress["spec"]["rules"]
    ways = {one["path"]: one["pathType"] for one in rule["http"]["paths"]}
    assert ways == {"/": "Exact", "/v1": "Prefix", "/u": "Prefix", "/a": "Prefix"}
    largest = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(largest.removesuffix("m")) * 1024 * 1024 == LARGEST
    assert [host for one in ingress["spec"]["tls"] for host in one["hosts"]] == [rule["host"]]


def test_prometheus_calls_everything_by_the_names_that_alerts_go_by(objects: list[Object]) -> None:
    """Those of deploy/prometheus/prometheus.yml, whoever looks."""
    jobs = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    known = {one["job_name"]: (one.get("metrics_path", "/metrics"), one.get("params")) for one in jobs[:-1]}
    found = {}
    for monitor in of_kind([*objects, *CHECK["kustomized"](KUBERNETES / "data")], "PodMonitor").values():
        for one in monitor["spec"]["podMetricsEndpoints"]:
            names = {rule["targetLabel"]: rule for rule in one["relabelings"]}
            found[names["job"]["replacement"]] = (one["path"], one.get("params"))
            if names["job"]["replacement"] == "wafa":
                assert names["service"]["sourceLabels"] == [
                    "__meta_kubernetes_pod_label_app_kubernetes_io_name"
                ]
    assert found == known
    assert jobs[-1]["job_name"] == "prometheus"


def test_no_secret_stands_in_a_file() -> None:
    examples = list(KUBERNETES.rglob("*.env.example"))
    assert examples
    for example in examples:
        text = example.read_text("utf-8")
        assert set(re.findall(r"^\w+(?:PASSWORD|SECRET)=(.*)$", text, re.MULTILINE)) <= {""}, example
    assert (KUBERNETES / ".gitignore").read_text("utf-8").split() == ["*.env"]


def test_the_operators_servers_are_ours() -> None:
    """MongoDB's users, and RabbitMQ's settings."""
    data = CHECK["kustomized"](KUBERNETES / "data")
    [database] = of_kind(data, "MongoDBCommunity").values()
    known = {one["name"]: one["db"] for one in database["spec"]["users"]}
    databases = {name: f"wafa_{GATEWAY if name == WEB else name}" for name in PROCESSES}
    assert known == {"admin": "admin", "backup": "admin", **databases}
    [broker] = of_kind(data, "RabbitmqCluster").values()
    told = set(broker["spec"]["rabbitmq"]["additionalConfig"].splitlines())
    files = [DEPLOY / "rabbitmq" / "rabbitmq.conf", DEPLOY / "cluster" / "rabbitmq.conf"]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    assert told == {line for line in lines if line and not line.startswith(("#", "cluster_formation."))}
