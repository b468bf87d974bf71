"""Every code that a statement may carry has words, and every table is used by the code it names."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from suxin.api import labels, words
from suxin.api.facts import FACTS
from suxin.api.formats import Formats
from suxin.api.render import LANGUAGES, _translations
from suxin.ledger import bodies, findings, terms, voices
from suxin.ledger.registry import TYPES, WRITABLE


def codes(body: Any, field: str) -> set[str]:
    """The strings a field of a body may have."""
    found: set[str] = set()
    todo = [get_type_hints(body)[field]]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            found.add(part)
        elif part is not msgspec.UnsetType:
            todo += list(get_args(part))
    return found


@pytest.mark.parametrize(
    ("body", "field", "table"),
    [
        (bodies.ScanBody, "code", words.SCANS),
        (bodies.DeliveryBody, "method", words.METHODS),
        (bodies.DeliveryBody, "consent", words.CONSENTS),
        (bodies.ConfirmBody, "kind", words.CONFIRMS),
        (voices.ComplaintBody, "category", words.COMPLAINTS),
        (voices.ComplaintBody, "remedy", labels.REMEDIES),
        (voices.ComplaintBody, "against", labels.AGAINST),
        (voices.CaseBody, "state", words.CASES),
        (voices.CaseBody, "outcome", words.CASES),
        (voices.CaseBody, "at_fault", labels.AGAINST),
        (findings.InspectionBody, "verdict", words.INSPECTIONS),
        (findings.InspectionBody, "kind", labels.INSPECTION_KINDS),
        (findings.RecallBody, "reason", labels.RECALL_REASONS),
        (findings.RecallBody, "event", labels.EVENTS),
        (findings.RecallBody, "event", words.RECALLS),
        (bodies.ListingBody, "event", words.LISTINGS),
        (bodies.ListingBody, "category", labels.CATEGORIES),
        (bodies.ListingBody, "event", labels.EVENTS),
        (bodies.SaleBody, "channel", labels.CHANNELS),
        (bodies.ReturnBody, "reason", labels.WHYS),
        (bodies.RelistBody, "condition", labels.CONDITIONS),
        (bodies.CorrectionBody, "reason", labels.WHYS),
        (bodies.VoidBody, "reason", labels.WHYS),
        (bodies.KeyBody, "reason", labels.WHYS),
        (bodies.KeyBody, "event", labels.EVENTS),
        (bodies.MandateBody, "event", labels.EVENTS),
        (bodies.ActorBody, "event", labels.EVENTS),
        (bodies.ActorBody, "role", labels.ROLES),
    ],
)
def test_every_code_of_a_body_has_words(body: Any, field: str, table: dict[str, tuple[str, str]]) -> None:
    named = codes(body, field)
    assert len(named) > 1
    assert named <= set(table)


def test_faces_grounds_reasons_and_heads_have_words() -> None:
    assert set(voices.Faces.__struct_fields__) <= set(words.FACES)
    assert {ground for row in TYPES.values() for ground in row.withhold} <= set(labels.GROUNDS)
    assert set(terms.REASONS) <= set(labels.PARTIES_AT_CAUSE)
    assert {cause for causes in terms.REASONS.values() for cause in causes} <= set(labels.CAUSES)
    assert {"lawfulness", "true_data", "price", "quality", "service", "liability"} == set(labels.HEADS)


def test_every_type_that_can_be_written_has_words() -> None:
    assert set(words.KINDS) >= WRITABLE


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_codes_of_a_table_read_alike(lang: str) -> None:
    """A reader must be able to tell them apart; two names of one case outcome are one."""
    formats = Formats(lang, _translations(lang))
    for module in (words, labels):
        for name in (name for name in vars(module) if name.isupper()):
            said = [formats.word(name, code) for code in getattr(module, name)]
            assert len(said) == len(set(said)), (name, lang)
            assert all(said)


def test_formats_of_facts_exist() -> None:
    formats = {
        "count",
        "grams",
        "hours",
        "days",
        "days_later",
        "minutes",
        "moment",
        "day",
        "text",
        "id",
        "money",
        "name",
        "path",
        "stars",
        "district",
        "cause",
        "yes",
    }
    for name, (_, kind) in FACTS.items():
        assert kind in formats or hasattr(words, kind) or hasattr(labels, kind), name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_unknown_code_is_shown_as_it_is(lang: str) -> None:
    formats = Formats(lang, _translations(lang))
    assert formats.word("SCANS", "BEAMED_UP") == "BEAMED_UP"
    assert formats.cause("carrier.aliens") == "carrier.aliens"
