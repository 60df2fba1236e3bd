"""Settings from the environment: one frozen object, read once at start.

Every variable is listed in `.env.example`; what is not set comes from the file that the variable with `_FILE`
behind its name leads to, if there is one. A wrong value stops the process with a message that names the
variable and says what was expected.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import environs
from marshmallow import ValidationError, validate

from wafa.runtime.address import check_files

_CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "config"
DEFAULT_PROGRAM = _CONFIG / "loyalty.yml"
DEFAULT_OUTREACH = _CONFIG / "outreach.yml"


class SettingsError(Exception):
    """A variable of the environment has a value that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process needs to know about the place that it runs in. Times are in seconds."""

    amqp_uri: str
    mongodb_uri: str
    database_prefix: str
    http_host: str
    http_port: int
    http_workers: int
    http_threads: int
    http_cert: str
    http_key: str
    http_proxies: int
    smtp_url: str
    mail_from: str
    sms_url: str
    sms_secret: str
    whatsapp_url: str
    whatsapp_secret: str
    webhook_private: bool
    outbox_folder: str
    public_url: str
    link_secret: str
    loyalty_program: Path
    outreach: Path
    clock_shift: float
    batch_events: int
    batch_linger: float
    confirm_timeout: float
    rpc_timeout: float
    log_level: str
    log_format: str

    def database(self, service: str) -> str:
        """Return the name of the database that belongs to `service` and to no other."""
        return self.database_prefix + service


class _Environment(environs.FileAwareEnv):
    """Variables, and files that variables lead to; what is set itself goes before its file."""

    def _get_value(self, env_key: str, default: Any) -> Any:
        try:
            return os.environ.get(env_key) or super()._get_value(env_key, default)
        except ValueError as error:
            raise SettingsError(str(error)) from error


def variable(name: str) -> str:
    """Return a variable of the environment, or what is in the file that leads to it; empty without either.

    Raises:
        SettingsError: there is no such file.
    """
    return str(_Environment(strip_whitespace=True).str(name, ""))


def load_settings() -> Settings:
    """Read the settings from the environment of the process.

    Raises:
        SettingsError: variables cannot be used; each name and what was expected are in the message.
    """
    env = _Environment(eager=False, strip_whitespace=True)
    positive = validate.Range(min=0, min_inclusive=False)
    values: dict[str, Any] = {
        "amqp_uri": env.str(
            "AMQP_URI",
            "amqp://guest:guest@127.0.0.1:5672//",
            validate=[_scheme("amqp", "amqps"), _amqp_files],
        ),
        "mongodb_uri": env.str(
            "MONGODB_URI", "mongodb://127.0.0.1:27017/", validate=[_scheme("mongodb"), _mongodb_files]
        ),
        "database_prefix": env.str(
            "WAFA_DATABASE_PREFIX", "wafa_", validate=validate.Regexp(r"[a-z0-9_]{0,20}\Z")
        ),
        "http_host": env.str("WAFA_HTTP_HOST", "127.0.0.1"),
        "http_port": env.int("WAFA_HTTP_PORT", 8000, validate=validate.Range(0, 65535)),
        "http_workers": env.int("WAFA_HTTP_WORKERS", 2, validate=validate.Range(1, 64)),
        "http_threads": env.int("WAFA_HTTP_THREADS", 32, validate=validate.Range(2, 1000)),
        "http_cert": env.str("WAFA_HTTP_CERT", "", validate=_nothing_or(_file)),
        "http_key": env.str("WAFA_HTTP_KEY", "", validate=_nothing_or(_file)),
        "http_proxies": env.int("WAFA_HTTP_PROXIES", 0, validate=validate.Range(0, 10)),
        "smtp_url": env.str("WAFA_SMTP_URL", "smtp://127.0.0.1:1025", validate=_scheme("smtp", "smtps")),
        "mail_from": env.str("WAFA_MAIL_FROM", "Wafa <wafa@localhost>"),
        "sms_url": env.str("WAFA_SMS_URL", ""),
        "sms_secret": env.str("WAFA_SMS_SECRET", ""),
        "whatsapp_url": env.str("WAFA_WHATSAPP_URL", ""),
        "whatsapp_secret": env.str("WAFA_WHATSAPP_SECRET", ""),
        "webhook_private": env.bool("WAFA_WEBHOOK_PRIVATE", False),
        "outbox_folder": env.str("WAFA_OUTBOX_FOLDER", ""),
        "public_url": env.str("WAFA_PUBLIC_URL", "", validate=_nothing_or(_scheme("https", "http"))),
        "link_secret": env.str("WAFA_LINK_SECRET", ""),
        "loyalty_program": env.path("WAFA_LOYALTY_PROGRAM", DEFAULT_PROGRAM),
        "outreach": env.path("WAFA_OUTREACH", DEFAULT_OUTREACH),
        "clock_shift": env.float("WAFA_CLOCK_SHIFT", 0.0),
        "batch_events": env.int("WAFA_BATCH_EVENTS", 500, validate=validate.Range(1, 10_000)),
        "batch_linger": env.float("WAFA_BATCH_LINGER", 0.02, validate=validate.Range(0.001, 10)),
        "confirm_timeout": env.float("WAFA_CONFIRM_TIMEOUT", 30.0, validate=positive),
        "rpc_timeout": env.float("WAFA_RPC_TIMEOUT", 20.0, validate=positive),
        "log_level": env.str(
            "WAFA_LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
        ),
        "log_format": env.str("WAFA_LOG_FORMAT", "json", validate=validate.OneOf(["json", "console"])),
    }
    try:
        env.seal()
    except environs.EnvValidationError as error:
        raise SettingsError(_words(error)) from error
    if bool(values["http_cert"]) != bool(values["http_key"]):
        raise SettingsError("WAFA_HTTP_CERT and WAFA_HTTP_KEY: one of them is set, and they belong together")
    return Settings(**values)


def _scheme(*schemes: str) -> Callable[[str], str]:
    def check(uri: str) -> str:
        if uri.partition("://")[0] not in schemes:
            raise ValidationError(f"must start with {' or '.join(f'{name}://' for name in schemes)}")
        return uri

    return check


def _amqp_files(uri: str) -> str:
    if wrong := check_files(uri):
        raise ValidationError(wrong)
    return uri


def _mongodb_files(uri: str) -> str:
    for name, value in parse_qsl(uri.partition("?")[2]):
        if name.lower() in ("tlscafile", "tlscertificatekeyfile"):
            _file(value, f"{name}: ")
    return uri


def _file(path: str, name: str = "") -> str:
    if not Path(path).is_file():
        raise ValidationError(f"{name}there is no file {path}")
    return path


def _nothing_or(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: check(text) if text else text


def _words(error: environs.EnvValidationError) -> str:
    if isinstance(error.error_messages, list):
        return " ".join(error.error_messages)
    return "\n".join(f"{name}: {' '.join(map(str, found))}" for name, found in error.error_messages.items())
