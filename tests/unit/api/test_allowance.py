"""Limits of what the public may write: what is drawn, given back, and never taken from somebody else."""

from __future__ import annotations

import pytest

from suxin.api.allowance import LIMITS, Allowance, Voice, network_of, voices_of
from suxin.ledger.errors import Refused

HOME = "192.0.2.7"


class Hand:
    """A clock moved by hand, in seconds."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def allowance(clock: Hand) -> Allowance:
    return Allowance(clock)


def voice(kind: str = "complaint", key: str = "k", subject: str = "/01/1/21/a") -> Voice:
    return Voice(kind, key, subject)


def refusal(allowance: Allowance, *said: Voice | None, address: str = HOME) -> Refused:
    with pytest.raises(Refused) as caught:
        allowance.draw(said, address)
    return caught.value


def record(allowance: Allowance, *said: Voice, outcome: str = "recorded", address: str = HOME) -> None:
    allowance.draw(said, address)
    allowance.settle(said, address, [outcome] * len(said))


def test_one_key_is_told_when_to_come_again(allowance: Allowance, clock: Hand) -> None:
    limit = LIMITS["key"]
    for n in range(limit.burst):
        record(allowance, voice(subject=f"item {n}"))
    refused = refusal(allowance, voice(subject="another"))
    assert (refused.code, refused.found["limit"]) == ("too-often", "key")
    wait_s = refused.found["retry_after"]
    assert wait_s == 3_600 / limit.per_hour
    record(allowance, voice(key="somebody else's", subject="another"))
    clock.now += wait_s
    record(allowance, voice(subject="another"))


def test_one_item_cannot_be_flooded_by_ever_new_keys(allowance: Allowance) -> None:
    for n in range(LIMITS["subject"].burst):
        record(allowance, voice(key=f"key {n}"))
    assert refusal(allowance, voice(key="new")).found["limit"] == "subject"
    record(allowance, voice(key="the buyer"), address="198.51.100.1")


def test_one_network_has_an_end(allowance: Allowance, clock: Hand) -> None:
    limit = LIMITS["network"]
    for n in range(limit.burst):
        record(allowance, voice(key=f"key {n}", subject=f"item {n}"), outcome="signature-invalid")
    refused = refusal(allowance, voice(key="new", subject="new"))
    assert refused.found["limit"] == "network"
    clock.now += 3_600
    record(allowance, voice(key="new", subject="new"))


def test_what_is_not_recorded_costs_key_and_item_nothing(allowance: Allowance) -> None:
    for outcome in ("signature-invalid", "already", "counter-used", "unknown"):
        for _ in range(LIMITS["key"].burst + 1):
            record(allowance, voice(), outcome=outcome)
    record(allowance, voice())


def test_tries_with_a_wrong_code_end_and_right_ones_do_not_count(allowance: Allowance, clock: Hand) -> None:
    limit = LIMITS["tries"]
    for n in range(2 * limit.burst):
        record(allowance, voice("claim", f"right {n}"))
    for n in range(limit.burst):
        record(allowance, voice("claim", f"guess {n}"), outcome="no-authority")
    assert refusal(allowance, voice("review", "guess")).found["limit"] == "tries"
    record(allowance, voice("complaint", "guess"))  # a complaint asks for no code
    record(allowance, voice("claim", "right"), address="198.51.100.1")
    clock.now += 3_600 / limit.per_hour
    record(allowance, voice("claim", "right"))


def test_a_request_is_drawn_for_whole_or_not_at_all(allowance: Allowance) -> None:
    half = LIMITS["key"].burst // 2 + 1
    first = [voice(subject=f"item {n}") for n in range(half)]
    record(allowance, *first)
    assert refusal(allowance, *first).found["limit"] == "key"
    record(allowance, voice(), *(voice(subject=f"more {n}") for n in range(LIMITS["key"].burst - half - 1)))
    assert refusal(allowance, voice()).found["limit"] == "key"


def test_no_waiting_helps_a_request_above_the_limit(allowance: Allowance) -> None:
    assert refusal(allowance, *[voice()] * (LIMITS["key"].burst + 1)).code == "rows-too-many"


def test_registered_actors_are_free(allowance: Allowance) -> None:
    for _ in range(2_000):
        allowance.draw([None], HOME)


def test_a_simulated_statement_is_free_in_a_sandbox_and_nowhere_else() -> None:
    said = b'{"actor":"anon:AQ","key":"k","source":{"mode":"%s"},"subjects":{"item":"/01/1/21/a"},"type":"review"}'
    voice = Voice("review", "k", "/01/1/21/a")
    assert voices_of([said % b"simulated", said % b"relay"], sandbox=True) == [None, voice]
    assert voices_of([said % b"simulated", said % b"relay"], sandbox=False) == [voice, voice]


def test_who_registers_itself_is_a_stranger_and_a_companys_device_is_not() -> None:
    said = b'{"actor":"uscc:1","body":{"event":"%s"},"key":"k","subjects":{"party":"%s"},"type":"actor"}'
    rows = [said % (b"register", b"uscc:1"), said % (b"change", b"uscc:1"), said % (b"register", b"dev:1")]
    assert voices_of(rows, sandbox=False) == [Voice("actor", "k", "uscc:1"), None, None]
    assert voices_of(rows, sandbox=True) == [None, None, None]


def test_registrations_of_one_company_are_few_wherever_they_come_from(allowance: Allowance) -> None:
    for n in range(LIMITS["company"].burst):
        record(allowance, voice("actor", f"key {n}", "uscc:1"), address=f"192.0.2.{n}")
        record(allowance, voice("actor", f"other {n}", "uscc:2"), address=f"192.0.2.{n}", outcome="actor-known")
    assert refusal(allowance, voice("actor", "last", "uscc:1"), address="198.51.100.1").found["limit"] == "company"
    record(allowance, voice("actor", "last", "uscc:2"), address="198.51.100.1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network


def test_who_is_anonymous_is_read_from_the_statement() -> None:
    said = b'{"actor":"anon:AQ","key":"k","subjects":{"item":"/01/1/21/a"},"type":"claim"}'
    firm = b'{"actor":"uscc:1","key":"k","subjects":{"party":"anon:AQ"},"type":"claim"}'
    assert voices_of([said, firm, b"{", b'["anon:"]'], sandbox=False) == [Voice("claim", "k", "/01/1/21/a"), None, None, None]
