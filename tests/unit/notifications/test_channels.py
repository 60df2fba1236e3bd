"""Which ways to a customer there are, and the folder that takes their place in staging."""

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from services.notifications.channels import configured
from services.notifications.channels.folder import mail_folder, text_folder
from services.notifications.channels.mail import Sender
from services.notifications.channels.outcomes import Accepted, PutOff
from services.notifications.domain.facts import Bounced
from services.notifications.domain.reach import reach_of, recipient
from services.notifications.domain.told import Told
from tests.unit.notifications.builders import NOON, entry, message, profile
from wafa.runtime.settings import SettingsError, load_settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENDER = Sender("Bayt", "care@bayt.example")
UUID = "9b2f0c1e-5a8d-5c57-8e0f-0d6f3c1f8f43"


def test_a_channel_without_settings_is_not_there():
    assert set(configured(load_settings())) == {"email"}


def test_a_channel_is_there_when_it_has_an_address_and_a_secret(monkeypatch):
    monkeypatch.setenv("WAFA_SMS_URL", "https://gateway.example/sms")
    monkeypatch.setenv("WAFA_SMS_SECRET", SECRET)
    assert set(configured(load_settings())) == {"email", "sms"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WAFA_SMS_URL", "http://gateway.example/sms"),
        ("WAFA_SMS_SECRET", "secret"),
        ("WAFA_MAIL_FROM", "nobody"),
        ("WAFA_SMTP_URL", "smtp://host:port"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_service_and_is_named(monkeypatch, variable, value):
    monkeypatch.setenv("WAFA_SMS_URL", "https://gateway.example/sms")
    monkeypatch.setenv("WAFA_SMS_SECRET", SECRET)
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable):
        configured(load_settings())


def test_private_addresses_are_for_who_asks_for_them(monkeypatch):
    monkeypatch.setenv("WAFA_WEBHOOK_PRIVATE", "1")
    monkeypatch.setenv("WAFA_WHATSAPP_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("WAFA_WHATSAPP_SECRET", SECRET)
    assert set(configured(load_settings())) == {"email", "whatsapp"}


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "phone"])
def test_the_first_number_that_can_be_used_is_rung(channel):
    told = entry(profile=profile(phones=("0500000001", "+966500000001", "+966500000002")))
    assert recipient(told, channel) == "+966500000001"


def test_an_address_from_which_mail_came_back_is_passed_over_for_the_next_one():
    emails = ("old@example.com", "new@example.com")
    back = (Bounced("email", "old@example.com", NOON), Bounced("sms", "+966500000001", NOON))
    told = entry(profile=profile(emails=emails, phones=("+966500000001",)), own=Told(bounced=back))
    assert recipient(told, "email") == "new@example.com"
    assert [recipient(told, one) for one in ("sms", "whatsapp")] == ["+966500000001"] * 2
    assert (reach_of(told)["service"]["email"], reach_of(told)["service"]["sms"]) == ("open", "bounced")


@pytest.mark.parametrize("channel", ["email", "sms", "whatsapp", "phone"])
def test_who_has_no_address_cannot_be_reached(channel):
    for nobody in (None, entry(profile=None), entry(profile=profile(emails=(), phones=("x",)))):
        assert recipient(nobody, channel) is None


def test_in_staging_everything_becomes_a_file_and_nothing_is_sent(monkeypatch, tmp_path):
    monkeypatch.setenv("WAFA_OUTBOX_FOLDER", str(tmp_path / "outbox"))
    channels = configured(load_settings())
    assert set(channels) == {"email", "sms", "whatsapp", "phone"}
    for channel in channels.values():
        assert isinstance(channel.send(message(outreach_id=UUID)), Accepted)
    assert sorted(path.name for path in (tmp_path / "outbox").iterdir()) == [
        f"{UUID}.email.eml",
        f"{UUID}.phone.json",
        f"{UUID}.sms.json",
        f"{UUID}.whatsapp.json",
    ]


def test_a_mail_in_the_folder_is_the_mail_that_would_have_gone_out(tmp_path):
    mail_folder(tmp_path, SENDER).send(message(outreach_id=UUID, subject="شكرًا"))
    [path] = tmp_path.iterdir()
    assert message_from_bytes(path.read_bytes(), policy=default)["Subject"] == "شكرًا"
    assert path.stat().st_mode & 0o077 == 0


def test_a_text_in_the_folder_has_all_that_is_known_of_the_message(tmp_path):
    text_folder(tmp_path, "sms").send(message(outreach_id=UUID, short="مرحبًا", recipient="+966500000001"))
    [path] = tmp_path.iterdir()
    written = json.loads(path.read_bytes())
    assert (written["recipient"], written["short"]) == ("+966500000001", "مرحبًا")


def test_the_same_message_again_takes_its_own_place(tmp_path):
    folder = text_folder(tmp_path, "sms")
    for text in ("one", "two"):
        folder.send(message(outreach_id=UUID, short=text))
    [path] = tmp_path.iterdir()
    assert json.loads(path.read_bytes())["short"] == "two"


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "a/b", "..", "", "x\x00y", "x" * 5000])
def test_nobodys_string_is_a_path(tmp_path, name):
    folder = tmp_path / "outbox"
    assert isinstance(text_folder(folder, "sms").send(message(outreach_id=name)), Accepted)
    assert [path.parent for path in tmp_path.rglob("*") if path.is_file()] == [folder]


def test_a_folder_that_cannot_be_written_puts_messages_off(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    outcome = text_folder(tmp_path / "file", "sms").send(message(outreach_id=UUID))
    assert isinstance(outcome, PutOff)
    assert outcome.away
