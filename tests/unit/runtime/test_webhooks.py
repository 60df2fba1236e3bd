"""A signed call: which addresses may be called, how it is signed, what an address must look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wafa.runtime.webhooks.addresses import Forbidden, is_public, resolved
from wafa.runtime.webhooks.endpoint import Endpoint
from wafa.runtime.webhooks.signing import key_of, new_secret, signed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_the_public_internet_may_be_called(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_nothing_inside_may_be_called_however_it_is_written(address):
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_that_is_wrapped_in_ipv6_is_never_called(inside):
    for wrapped in (f"::ffff:{inside}", f"::{inside}", f"64:ff9b::{inside}"):
        assert not is_public(wrapped)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "::1", "0"])
def test_a_name_that_leads_inside_is_forbidden_and_named(host):
    with pytest.raises(Forbidden, match="not an address of the public internet"):
        resolved(host, 443)


def test_where_private_addresses_are_allowed_they_are_found():
    assert "127.0.0.1" in resolved("127.0.0.1", 443, private=True)


def test_one_private_address_among_public_ones_forbids_the_name(monkeypatch):
    """Whoever owns the name could otherwise wait for the moment at which that one is taken."""
    answers = [(2, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        resolved("hooks.example", 443)


def test_the_signature_is_that_of_the_standard():
    """The example of the reference libraries of Standard Webhooks."""
    body = b'{"test": 2432232314}'
    headers = signed([key_of(SECRET)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign():
    old, new = key_of(SECRET), key_of(new_secret())
    both = signed([new, old], "msg_1", 1614265330, b"{}")["webhook-signature"].split(" ")
    assert both == [signed([key], "msg_1", 1614265330, b"{}")["webhook-signature"] for key in (new, old)]


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.example", "hooks.example", 443, "/", "hooks.example"),
        ("https://hooks.example:8443/a?b=c#d", "hooks.example", 8443, "/a?b=c", "hooks.example:8443"),
        ("https://بيت.example/x", "xn--ngbe9g.example", 443, "/x", "xn--ngbe9g.example"),
        ("https://[2606:2800::1]/", "2606:2800::1", 443, "/", "[2606:2800::1]"),
        ("http://gateway:8080/sms", "gateway", 8080, "/sms", "gateway:8080"),
    ],
)
def test_an_address_is_read_as_browsers_read_it(url, host, port, path, authority):
    there = Endpoint.parse(url, private=True)
    assert (there.host, there.port, there.path, there.authority) == (host, port, path, authority)


@pytest.mark.parametrize(
    "url",
    [
        "hooks.example",
        "http://hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:password@hooks.example/",
        "https://hooks.example:port/",
        "https://hooks.example/ x",
        "https://hooks.example/\x7f",
        "https://hooks.example/ü",
        "https://" + "x" * 300 + ".example/",
    ],
)
def test_an_address_that_cannot_be_used_is_named_and_not_repeated(url):
    with pytest.raises(ValueError, match="must look like https://") as raised:
        Endpoint.parse(url)
    assert "password" not in str(raised.value)
