"""A reader's trust policy: logs, witnesses, groups of them, and which of them must have cosigned.

The file is C2SP's tlog-policy, and one line of our own, `full <witness name>`, for a witness that rebuilds the whole
book. Source: c2sp.org/tlog-policy, DESIGN 3.3, docs/formats/policy.md.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field, replace

from .errors import VerificationError
from .note import COSIGNATURE_TYPE, ED25519_TYPE, VerifierKey, format_vkey, parse_vkey

POLICY_BYTES_MAX = 256 * 1024  # room for the lines below with their URLs
LINES_MAX = 256  # of each kind; C2SP asks for at least 32
NONE = "none"  # the quorum that asks for no cosignature

_THRESHOLD = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Log:
    """A log that the reader accepts."""

    key: VerifierKey  # its name is the log's origin
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness that the reader knows."""

    name: str  # in this file only
    key: VerifierKey
    url: str | None = None
    full: bool = False  # it has rebuilt every epoch that it cosigns, not only seen the log grow


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups of which `threshold` must have cosigned."""

    name: str
    threshold: int  # 1 to the number of members
    members: tuple[str, ...]  # defined before; each name is a member at most once in the whole file


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom a reader trusts for what."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]  # a group stands after its members
    quorum: str  # a witness, a group, or "none"

    def quorum_met(self, cosigned: Set[str]) -> bool:
        """Whether these witnesses, by the names of this file, are enough. Names that are not in it count for nothing."""
        holds = {witness.name for witness in self.witnesses} & cosigned
        for group in self.groups:
            if sum(member in holds for member in group.members) >= group.threshold:
                holds.add(group.name)
        return self.quorum == NONE or self.quorum in holds

    def needs_witnesses(self) -> bool:
        """Whether the quorum asks for any cosignature at all."""
        return self.quorum != NONE

    def keys_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """Keys of the log of that origin, any of which may sign; none: an unknown log is never trusted."""
        return tuple(log.key for log in self.logs if log.key.name == origin)


@dataclass(slots=True)
class _Draft:
    """What has been read so far."""

    logs: list[Log] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    quorum: str | None = None


def parse_policy(raw: bytes) -> Policy:
    """Read a policy file.

    Names are bytes to C2SP; here they are text, bytes that are not UTF-8 being kept as lone surrogates.

    Raises:
        VerificationError: `policy-malformed`, `policy-name`, `policy-duplicate`, `policy-quorum`, `policy-limit`, or from
            a key `vkey-malformed` or `vkey-unsupported`; the detail names the line.
    """
    _need(len(raw) <= POLICY_BYTES_MAX, "policy-limit", f"{len(raw)} bytes")
    _need(not re.search(rb"[^\t\n -~\x80-\xff]", raw), "policy-malformed", "a control character")
    # A file cut short in its last line could still parse, with another meaning.
    _need(raw.endswith(b"\n"), "policy-malformed", "the last line does not end in a line feed")
    draft = _Draft()
    for number, line in enumerate(raw.decode(errors="surrogateescape").split("\n"), 1):
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            try:
                _read(draft, words)
            except VerificationError as error:
                raise VerificationError(error.code, f"line {number}: {error.detail}") from error
    if draft.quorum is None:
        raise VerificationError("policy-quorum", "no quorum line; `quorum none` asks for no witness")
    return Policy(tuple(draft.logs), tuple(draft.witnesses.values()), tuple(draft.groups.values()), draft.quorum)


def format_policy(policy: Policy) -> bytes:
    """Text of a policy; `parse_policy` gives the same value back."""
    lines = [_line("log", format_vkey(log.key), log.url) for log in policy.logs]
    lines += [_line("witness", witness.name, format_vkey(witness.key), witness.url) for witness in policy.witnesses]
    lines += [_line("full", witness.name) for witness in policy.witnesses if witness.full]
    lines += [_line("group", group.name, str(group.threshold), *group.members) for group in policy.groups]
    lines.append(_line("quorum", policy.quorum))
    return "".join(lines).encode(errors="surrogateescape")


def _read(draft: _Draft, words: list[str]) -> None:
    match words:
        case ["log", vkey, *url] if len(url) <= 1:
            key = _key(vkey, ED25519_TYPE)
            _need(all(log.key.public != key.public for log in draft.logs), "policy-duplicate", "a log's key twice")
            draft.logs.append(Log(key, url[0] if url else None))
        case ["witness", name, vkey, *url] if len(url) <= 1:
            key = _key(vkey, COSIGNATURE_TYPE)
            known = {witness.key.public for witness in draft.witnesses.values()}
            _need(key.public not in known, "policy-duplicate", "a witness' key twice")
            _new_name(draft, name)
            draft.witnesses[name] = Witness(name, key, url[0] if url else None)
        case ["group", name, threshold, *members] if members:
            for member in members:
                _need(member in _names(draft), "policy-name", f"{member!r} is not defined above")
                _need(member not in draft.members, "policy-duplicate", f"{member!r} is a member twice")
                draft.members.add(member)
            _new_name(draft, name)
            draft.groups[name] = Group(name, _threshold(threshold, len(members)), tuple(members))
        case ["quorum", name]:
            _need(draft.quorum is None, "policy-quorum", "two quorum lines")
            _need(name == NONE or name in _names(draft), "policy-name", f"{name!r} is not defined above")
            draft.quorum = name
        case ["full", name]:
            _need(name in draft.witnesses, "policy-name", f"{name!r} is no witness defined above")
            _need(not draft.witnesses[name].full, "policy-duplicate", f"{name!r} is marked twice")
            draft.witnesses[name] = replace(draft.witnesses[name], full=True)
        case _:
            raise VerificationError("policy-malformed", f"not a line of a policy: {words[0]!r} and {len(words) - 1} words")
    most = max(len(draft.logs), len(draft.witnesses), len(draft.groups))
    _need(most <= LINES_MAX, "policy-limit", f"more than {LINES_MAX} of a kind")


def _key(vkey: str, kind: int) -> VerifierKey:
    _need(vkey.isprintable(), "vkey-malformed", "a key's name that is not UTF-8 text")
    key = parse_vkey(vkey)
    _need(key.type == kind, "vkey-unsupported", f"a key of type {key.type} where {kind} is due")
    return key


def _names(draft: _Draft) -> Set[str]:
    return draft.witnesses.keys() | draft.groups.keys()


def _new_name(draft: _Draft, name: str) -> None:
    _need(name != NONE, "policy-name", "the name none has a meaning of its own")
    _need(name not in _names(draft), "policy-duplicate", f"{name!r} is defined twice")


def _threshold(word: str, members: int) -> int:
    if word in ("any", "all"):
        return 1 if word == "any" else members
    _need(bool(_THRESHOLD.fullmatch(word)), "policy-malformed", f"{word!r} is not any, all or a number from 1")
    _need(int(word) <= members, "policy-malformed", f"{word} of {members} members")
    return int(word)


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None) + "\n"


def _need(holds: bool, code: str, detail: str) -> None:
    if not holds:
        raise VerificationError(code, detail)
