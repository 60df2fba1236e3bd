"""`/healthz`, `/readyz` and `/metrics` of the front door, in the form that every service has them."""

import os

import structlog
from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from services.gateway.means import means
from wafa.runtime.figures import VARIABLE
from wafa.runtime.mongo import why_away

log = structlog.get_logger(__name__)
health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """Say whether what the front door needs is there; a service that is away is told by its own answer."""
    checks = {"broker": means().caller.connected, "mongodb": _reachable()}
    fine = all(checks.values())
    return jsonify(status="ready" if fine else "not ready", checks=checks), 200 if fine else 503


@health.get("/metrics")
def figures() -> Response:
    """Return what all processes of the front door have counted together."""
    registry = REGISTRY
    if VARIABLE in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _reachable() -> bool:
    try:
        means().store.ping()
    except Exception as error:
        log.warning("not ready: the database does not answer, or refuses us", error=why_away(error))
        return False
    return True
