"""Pushes: partners are told of a repair until they confirm it in the book, a company of a warning before it is public.

A push that fails is tried again at the next look; nothing waits for it, and no clock of the book stops for it.
Source: docs/formats/push.md; domain.md 4.2, 4.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import structlog

from ..courier.dossier import Dossier
from ..ledger.canonical import dump
from ..ledger.credit import RepairBody, WarningBody
from ..ledger.moment import moment_text
from .webhook import Webhook

AGAIN_MS: Final = 6 * 3_600_000  # until somebody is told again who took a push and has not confirmed
log = structlog.get_logger("suxin")


class Push(NamedTuple):
    """One message.

    Attributes:
        to: Whom it is for, as an actor.
        about: Statement it tells of, base64url.
        once: Whether it is over once it was taken; else the receiver confirms in the book.
        raw: Canonical JSON.
    """

    to: str
    about: str
    once: bool
    raw: bytes


def pushes(dossier: Dossier, book: str, company: str) -> Iterator[Push]:
    """What is to be told of a company's file.

    Args:
        dossier: The file.
        book: Origin of the place.
        company: Whose file it is, `uscc:…`.
    """
    for repair in dossier.repairs:
        entry, body = repair.entry, repair.entry.statement.body
        assert isinstance(body, RepairBody)
        value = _head(book, company, "repair", entry.name, entry.index) | {
            "confirm_by": moment_text(repair.due_ms),
            "ground": body.ground,
            "of": repair.of,
        }
        for partner in repair.told:
            if partner not in repair.acknowledged:
                yield Push(partner, entry.name, False, dump(value | {"to": partner}))
    for warned in dossier.warnings:
        body = warned.entry.statement.body
        assert isinstance(body, WarningBody)
        if warned.stage == "notice" and isinstance(body.grounds, list):
            value = _head(book, company, "warning", warned.entry.name, warned.entry.index)
            value |= {"answer_by": str(body.answer_by), "grounds": list(body.grounds), "to": company}
            yield Push(company, warned.entry.name, True, dump(value))


def _head(book: str, company: str, event: str, statement: str, index: int) -> dict[str, Any]:
    return {
        "book": book,
        "company": company.removeprefix("uscc:"),
        "event": event,
        "index": index,
        "statement": statement,
        "v": 1,
    }


class Pushes:
    """What was told to whom, since this process began.

    Args:
        open_: Makes the way to an address.
    """

    def __init__(self, open_: Callable[[str], Webhook] = Webhook) -> None:
        self._open = open_
        self._told: dict[tuple[str, str], int] = {}

    def send(self, found: Iterator[Push], addresses: dict[str, str], now_ms: int) -> list[str]:
        """Tell those who have an address; one that was told lately is left in peace.

        Returns:
            A line for each push that was tried.
        """
        done = []
        for push in found:
            address, key = addresses.get(push.to), (push.to, push.about)
            told_ms = self._told.get(key)
            if address is None or (told_ms is not None and (push.once or now_ms - told_ms < AGAIN_MS)):
                continue
            trouble = self._open(address).post(push.raw)
            if trouble:
                log.warning("push", to=push.to, words=trouble)
            else:
                self._told[key] = now_ms
            done.append(f"{push.to} push {'failed' if trouble else 'taken'}")
        return done
