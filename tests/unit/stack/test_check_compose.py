import runpy
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[3] / "deploy" / "local" / "check_compose.py"
SOUND = """
services:
  rabbitmq:
    image: ${RABBITMQ_IMAGE:-rabbitmq:3.13}
    healthcheck: { test: [CMD, rabbitmq-diagnostics, ping], interval: 5s, retries: 10 }
    volumes: ["queues:/var/lib/rabbitmq", "./rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro"]
  loyalty:
    build: { context: ., dockerfile: Dockerfile }
    command: [sh, -c, "echo $${NOT_OURS}"]
    depends_on: { rabbitmq: { condition: service_healthy } }
volumes:
  queues:
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", "")  # the words of a Docker client are not what is tested
    for name, content in [("rabbitmq.conf", ""), ("Dockerfile", ""), (".env.example", "#RABBITMQ_IMAGE=\n")]:
        (tmp_path / name).write_text(content)
    return tmp_path


def problems(project: Path, compose: str) -> list[str]:
    (project / "docker-compose.yml").write_text(compose)
    return list(runpy.run_path(str(CHECK))["problems"](project))


def test_a_sound_file_passes(project: Path) -> None:
    assert problems(project, SOUND) == []


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("retries: 10", "retrys: 10", "retrys"),
        ("${RABBITMQ_IMAGE:-rabbitmq:3.13}", "rabbitmq", "services/rabbitmq/image"),
        ("queues:/", "mail:/", "volume mail is not defined"),
        ("./rabbitmq.conf", "./gone.conf", "gone.conf does not exist"),
        ("dockerfile: Dockerfile", "dockerfile: Gone", "Gone does not exist"),
        ("{ rabbitmq: {", "{ mongodb: {", "depends on mongodb, which is not there"),
        ("healthcheck:", "x-healthcheck:", "waits for the health of rabbitmq"),
        ("RABBITMQ_IMAGE", "SECRET_IMAGE", "SECRET_IMAGE} is not in .env.example"),
    ],
)
def test_what_would_fail_on_the_day_is_found_before(
    project: Path, was: str, becomes: str, complaint: str
) -> None:
    assert was in SOUND
    [problem] = problems(project, SOUND.replace(was, becomes))
    assert complaint in problem
