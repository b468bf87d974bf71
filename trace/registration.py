"""What may be written about actors and keys: registrations, keys and holes in counters. Pure.

Source: DESIGN 3.5.
"""

from __future__ import annotations

from ..ledger.bodies import ActorBody, KeyBody, VoidBody
from ..ledger.encoding import b64u
from ..ledger.errors import Refused
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import key_id, parse_public
from ..ledger.statement import Statement
from .context import Context


def check_actor(statement: Statement, context: Context) -> None:
    """Registration, change and leaving of an actor."""
    body = statement.body
    assert isinstance(body, ActorBody)
    party = statement.subjects["party"]
    known = context.directory.actors.get(party)
    if known is None and body.event != "register":
        raise Refused("actor-unknown", "an actor registers first, then changes or leaves", "/body/event")
    # Nobody's code can be taken by whoever names it first: until one registration is approved, others may come.
    if known is not None and known.approved and body.event == "register":
        raise Refused("actor-known", "an actor registers once, then changes or leaves", "/body/event")
    if (body.role == "device") != party.startswith("dev:") or (body.role == "regulator") != party.startswith("auth:"):
        raise Refused("actor-role", "dev: ids are devices, auth: ids are regulators, and no others are", "/body/role")
    if body.role in ("operator", "consumer") or party.startswith("anon:"):
        raise Refused("actor-role", "operators and consumers do not register", "/body/role")
    if (body.role == "device") != ("company" in statement.subjects):
        raise Refused("subject-shape", "a device names its company, and only a device does", "/subjects/company")
    if known is not None and body.event != "register":
        if known.role != body.role:
            raise Refused("actor-role", "a role never changes", "/body/role")
        if known.company != statement.subjects.get("company"):
            raise Refused("no-authority", "this is another company's device", "/subjects/company")
    if body.event == "register":
        if not isinstance(body.key, str):
            raise Refused("field-missing", "a registration brings its first key", "/body/key")
        _check_new_key(body.key, context, "/body/key")
    elif isinstance(body.key, str):
        raise Refused("field-invalid", "keys change by statements of type key", "/body/key")


def _check_new_key(text: str, context: Context, pointer: str) -> None:
    if context.directory.knows(parse_public(text)):
        raise Refused("key-known", "this key stands in the book already", pointer)


def check_key(statement: Statement, context: Context) -> None:
    """Adding, rotating and revoking a key, of an actor or of the log itself."""
    body = statement.body
    assert isinstance(body, KeyBody)
    party = statement.subjects["party"]
    if party not in context.directory.actors:
        raise Refused("actor-unknown", "no such actor", "/subjects/party")
    if body.use == "log" and (statement.actor != ROOT_ACTOR or party != ROOT_ACTOR):
        raise Refused("no-authority", "only the operator, with a key of its own, changes the keys of the log", "/body/use")
    if body.event == "add":
        _check_new_key(body.key, context, "/body/key")
        return
    if body.use == "log":
        context.directory.log_keys.check_change(body)
        return
    known = context.directory.keys.get(b64u(key_id(parse_public(body.key))))
    if known is None or known.actor != party:
        raise Refused("key-unknown", "the party has no such key", "/body/key")
    if known.revoked is not None:
        raise Refused("key-revoked", "this key is revoked already", "/body/key")


def check_void(statement: Statement, context: Context) -> None:
    """Closing a hole in a key's counter."""
    assert isinstance(statement.body, VoidBody)
    known = context.directory.keys.get(statement.body.key)
    if known is None or known.actor != statement.subjects["party"]:
        raise Refused("key-unknown", "the party has no such key", "/body/key")
