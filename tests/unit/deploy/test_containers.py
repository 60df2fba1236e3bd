"""The containers agree with the code, as far as that can be told without a Docker engine."""

import re
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from wafa.runtime.settings import load_settings
from wafa.services import GATEWAY, PROCESSES, WEB

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
DEPLOY = ROOT / "deploy"
SECRETS = DEPLOY / "secrets.sh"
#: Of these, what ends when it is done.
ERRANDS = "keep"
DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
FILE = "_FILE"
CHECK = runpy.run_path(str(ROOT / "deploy" / "local" / "check_compose.py"))


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "docker-compose.yml").read_text("utf-8")


@pytest.fixture(scope="module")
def containers(text: str) -> dict[str, Any]:
    """The containers as they come without any variable set."""
    services: dict[str, Any] = yaml.safe_load(DEFAULT.sub(r"\1", text))["services"]
    return services


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    """What deploy/secrets.sh writes from a fresh .env, by the name of the file."""
    (tmp_path / "env").write_text(fresh(), "utf-8")
    subprocess.run(["sh", SECRETS, tmp_path / "env", tmp_path / "secrets"], check=True)
    return {path.name: path.read_text("utf-8").rstrip("\n") for path in (tmp_path / "secrets").iterdir()}


def fresh(*examples: Path) -> str:
    """Return `.env` as it begins, or what an example of its own adds to it."""
    made = subprocess.run(["sh", DEPLOY / "env.sh", *examples], capture_output=True, text=True, check=True)
    return made.stdout


def written(env: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Have deploy/secrets.sh write, whether it can or not."""
    return subprocess.run(["sh", SECRETS, env, folder], capture_output=True, text=True)


def told(containers: dict[str, Any]) -> set[str]:
    """Return the settings that services get, in a file or not; OpenTelemetry reads its own."""
    names = {name.removesuffix(FILE) for service in PROCESSES for name in containers[service]["environment"]}
    return {name for name in names if not name.startswith("OTEL_")}


def is_errand(container: dict[str, Any]) -> bool:
    return ERRANDS in container.get("profiles", ())


@pytest.mark.parametrize("overlay", [None, *CHECK["OVERLAYS"]])
def test_the_compose_file_is_well_formed(overlay: str | None) -> None:
    assert list(CHECK["problems"](ROOT, overlay)) == []


def test_every_service_runs_in_a_container_of_the_one_image(containers: dict[str, Any]) -> None:
    ours = {name: one for name, one in containers.items() if "build" in one}
    errands = {name: ours.pop(name)["entrypoint"] for name in [*ours] if is_errand(ours[name])}
    assert errands == {name: ["wafa", name] for name in ("backup", "restore")}
    assert set(ours) == set(PROCESSES)
    commands = {name: ["serve"] if name == WEB else ["run", name] for name in PROCESSES}
    assert {name: one["command"] for name, one in ours.items()} == commands
    assert {one["build"]["dockerfile"] for one in ours.values()} == {"deploy/Dockerfile"}


def test_a_service_is_told_nothing_that_it_does_not_read(
    containers: dict[str, Any], settings: dict[str, str]
) -> None:
    assert told(containers) - settings.keys() == set()


def test_what_a_service_reads_can_be_set_in_one_place(
    containers: dict[str, Any], settings: dict[str, str]
) -> None:
    """Each variable is passed on, or fixed by the image, by the users that exist, or must be mounted."""
    of_http = {f"WAFA_HTTP_{name}" for name in ("HOST", "PORT", "CERT", "KEY")}
    fixed = of_http | {
        f"WAFA_{name}" for name in ("DATABASE_PREFIX", "LOYALTY_PROGRAM", "OUTREACH", "CLOCK_SHIFT")
    }
    assert told(containers) | fixed == settings.keys()


def test_a_service_speaks_for_itself_alone(containers: dict[str, Any], secrets: dict[str, str]) -> None:
    passwords = dict(line.split("=") for line in secrets["rabbitmq_users"].splitlines())
    assert secrets["mongodb_users"].splitlines() == [
        f"{name.upper()}_PASSWORD={passwords[f'{name.upper()}_PASSWORD']}" for name in (*PROCESSES, "backup")
    ]
    for name in PROCESSES:
        environment = containers[name]["environment"]
        secret = passwords[f"{name.upper()}_PASSWORD"]
        database = f"wafa_{GATEWAY if name == WEB else name}"
        assert environment["AMQP_URI_FILE"] == f"/run/secrets/amqp_{name}"
        assert environment["MONGODB_URI_FILE"] == f"/run/secrets/mongodb_{name}"
        assert secrets[f"amqp_{name}"] == f"amqp://{name}:{secret}@rabbitmq:5672/%2F"
        assert secrets[f"mongodb_{name}"] == f"mongodb://{name}:{secret}@mongodb:27017/?authSource={database}"


def test_a_backup_is_made_by_who_may_only_read_and_a_restore_by_who_may_write(
    containers: dict[str, Any], secrets: dict[str, str]
) -> None:
    for name, user in (("backup", "backup"), ("restore", "admin")):
        for server in ("amqp", "mongodb"):
            assert (
                containers[name]["environment"][f"{server.upper()}_URI_FILE"]
                == f"/run/secrets/{server}_{name}"
            )
            assert secrets[f"{server}_{name}"].startswith(f"{server}://{user}:")


def test_a_container_gets_the_secrets_that_it_reads_and_no_other(containers: dict[str, Any]) -> None:
    for name, one in containers.items():
        files = {Path(value) for key, value in one.get("environment", {}).items() if key.endswith(FILE)}
        assert {f"/run/secrets/{secret}" for secret in one.get("secrets", ())} == set(map(str, files)), name


def test_every_secret_is_written_for_its_readers_in_a_folder_of_the_owner(
    text: str, secrets: dict[str, str], tmp_path: Path
) -> None:
    assert secrets.keys() == yaml.safe_load(text)["secrets"].keys()
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o444}


@pytest.mark.parametrize("password", ["", "a b", "a@b", "a/b"])
def test_a_password_that_breaks_an_address_is_refused(tmp_path: Path, password: str) -> None:
    path = tmp_path / "env"
    path.write_text(re.sub(r"(?m)^LOYALTY_PASSWORD=.*$", f"LOYALTY_PASSWORD={password}", fresh()), "utf-8")
    done = written(path, tmp_path / "secrets")
    assert done.returncode == 1
    assert "LOYALTY_PASSWORD" in done.stderr
    assert not (tmp_path / "secrets").exists()


def test_what_is_not_there_is_asked_for(tmp_path: Path) -> None:
    done = written(tmp_path / "env", tmp_path / "secrets")
    assert done.returncode == 1
    assert (
        done.stderr
        == f"{tmp_path}/env is not there, or cannot be read. For a new one: sh deploy/env.sh > .env\n"
    )
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("\n", "\r\n"), "line ends of Windows"),
        (lambda text: f"{text}WAFA_SMTP_URL='smtps://mail:465'\n", "WAFA_SMTP_URL in .* without quotes"),
    ],
)
def test_what_would_become_a_part_of_a_secret_is_refused(
    tmp_path: Path, change: Callable[[str], str], told: str
) -> None:
    (tmp_path / "env").write_bytes(change(fresh()).encode())
    done = written(tmp_path / "env", tmp_path / "secrets")
    assert done.returncode == 1
    assert re.search(told, done.stderr)
    assert not (tmp_path / "secrets").exists()


def test_a_new_env_keeps_others_out_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "env").touch(0o644)
    with (tmp_path / "env").open("w") as file:
        subprocess.run(["sh", DEPLOY / "env.sh"], stdout=file, check=True)
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_a_last_line_without_an_end_gets_its_password_too(tmp_path: Path) -> None:
    (tmp_path / "example").write_text("A=1\nB_PASSWORD=")
    assert re.fullmatch(r"A=1\nB_PASSWORD=\w{48}\n", fresh(tmp_path / "example"))


def test_what_mongodb_knows_of_its_admin_outlasts_a_second_env(tmp_path: Path) -> None:
    """Written over by mistake, with MongoDB's volume in place."""
    env, folder = tmp_path / "env", tmp_path / "secrets"
    env.write_text(fresh(), "utf-8")
    assert [written(env, folder).stderr for _ in range(2)] == ["", ""]
    known = (folder / "mongodb_admin").read_text("utf-8")
    env.write_text(fresh(), "utf-8")
    assert "Passwords of MongoDB have changed" in written(env, folder).stderr
    assert written(env, folder).stderr == ""
    assert (folder / "mongodb_admin").read_text("utf-8") != known
    assert (folder / "mongodb_admin.former").read_text("utf-8") == known
    assert (folder / "mongodb_admin.former").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_docker_made_in_the_place_of_a_secret_gives_way(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(fresh(), "utf-8")
    (tmp_path / "secrets" / "amqp_web").mkdir(parents=True)
    assert written(tmp_path / "env", tmp_path / "secrets").returncode == 0
    assert (tmp_path / "secrets" / "amqp_web").is_file()


def test_nobody_outside_reaches_anything_but_the_front_door(containers: dict[str, Any]) -> None:
    """What is added by a profile shows its pages as well."""
    open_to_others = {name for name, one in containers.items() if "ports" in one}
    assert open_to_others == {WEB, "mail", "grafana"}
    assert {name for name in open_to_others if "profiles" not in containers[name]} == {WEB}


@pytest.mark.parametrize("overlay", CHECK["OVERLAYS"])
def test_a_container_has_no_right_that_it_does_not_need(overlay: str) -> None:
    for name, one in CHECK["laid_over"](ROOT, overlay)["services"].items():
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        is_server = name.startswith(("rabbitmq", "mongodb"))
        assert is_server or one["read_only"], name
        lasting_server = is_server and not name.endswith("-init")
        rights = one.get("cap_add", [])
        assert rights == (
            ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"] if lasting_server else []
        ), name


@pytest.mark.parametrize("overlay", CHECK["OVERLAYS"])
def test_no_container_takes_all_memory_or_fills_the_disk_with_its_log(overlay: str) -> None:
    for name, one in CHECK["laid_over"](ROOT, overlay)["services"].items():
        assert one["mem_limit"], name
        assert one["logging"]["options"]["max-size"], name


def test_every_container_tells_its_health_and_comes_back(containers: dict[str, Any]) -> None:
    for name, one in containers.items():
        lasts = not is_errand(one)
        assert (one["healthcheck"]["test"] != ["NONE"]) is lasts, name
        assert one["restart"] == ("unless-stopped" if lasts else "no"), name


def test_the_front_door_has_room_for_a_thread_a_request_on_a_large_machine(
    containers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAFA_HTTP_THREADS", raising=False)
    assert containers[WEB]["pids_limit"] > 32 * load_settings().http_threads


@pytest.mark.parametrize("overlay", CHECK["OVERLAYS"])
def test_a_server_reaches_nobody_outside_unless_it_is_published(overlay: str) -> None:
    """Docker publishes no port of a container that is in an internal network alone."""
    together = CHECK["laid_over"](ROOT, overlay)
    assert together["networks"] == {"default": {"internal": True}, "outside": None}
    for name, one in together["services"].items():
        goes_out = "outside" in one.get("networks", ())
        assert goes_out is bool("build" in one or one.get("ports")), name


def test_images_are_pinned(containers: dict[str, Any]) -> None:
    images = [one["image"] for one in containers.values() if "build" not in one]
    images += [one["build"]["args"]["BASE_IMAGE"] for one in containers.values() if "build" in one]
    images += re.findall(r"^ARG BASE_IMAGE=(.+)$", DOCKERFILE, re.MULTILINE)
    for image in images:
        tag = image.partition(":")[2]
        assert re.match(r"v?\d", tag), f"{image}: a tag that stays what it is"


def test_nothing_is_reachable_from_other_machines_unasked(containers: dict[str, Any]) -> None:
    ports = [port for one in containers.values() for port in one.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_password_stands_in_the_environment_of_a_container(text: str) -> None:
    assert re.findall(r"\$\{\w*(?:PASSWORD|SECRET|_KEY)\b", text) == []


def test_everyone_gets_a_password_of_their_own() -> None:
    passwords = dict(re.findall(r"^(\w+_PASSWORD)=(\w{32,})$", fresh(), re.MULTILINE))
    users = (*PROCESSES, "publisher", "backup", "rabbitmq_admin", "mongodb_admin", "grafana_admin")
    assert set(passwords) == {f"{user.upper()}_PASSWORD" for user in users}
    assert len(set(passwords.values())) == len(passwords)


def test_the_database_knows_every_service() -> None:
    script = (ROOT / "deploy" / "mongo" / "users.js").read_text("utf-8")
    known = dict(re.findall(r'^  (\w+): "wafa_(\w+)",$', script, re.MULTILINE))
    assert known == {name: GATEWAY if name == WEB else name for name in PROCESSES}


def test_the_image_gets_all_that_it_copies() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for one in copied for source in one.split()]
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignore
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.rstrip('/')}" in ignore, source


def test_the_image_runs_as_nobody_special_and_names_no_package_index() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert "://" not in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
