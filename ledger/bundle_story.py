"""Order, and "every entry is here": the closure of a bundle, each stream whole or proved absent. One step of `bundle_verify.py`.

Source: DESIGN 3.2 "Story of an item", 3.3; docs/formats/bundle.md, whose order of checks this file keeps, streams.md, chain.md,
map.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .bundle import Bundle
from .bundle_report import HOLDS, Result
from .canonical import JsonValue
from .chain import head_of
from .closure import Closure
from .encoding import b64u
from .errors import VerificationError
from .map_hash import map_key
from .map_verify import Query, verify_map
from .statement import copy_for_ref
from .streams import streams
from .withholding import Withholding


def check_story(bundle: Bundle, withholdings: Mapping[int, Withholding]) -> tuple[Result, Result]:
    """Check the streams of a bundle against each other and against the map of its epoch.

    Args:
        bundle: What was read; that its epoch leaf is on record is checked elsewhere.
        withholdings: For withheld entries what the later entry says of them, by index.

    Returns:
        The results `order` and `complete`.
    """
    chained = _outcome(lambda: _check_chains(bundle))
    order = _outcome(lambda: _check_times(bundle))
    complete = _outcome(
        lambda: _check_listed(bundle),
        lambda: _check_closure(bundle),
        lambda: _check_places(bundle),
        lambda: _check_references(bundle, withholdings),
    )
    return (chained if order == HOLDS else order), (chained if complete == HOLDS else complete)


def _outcome(*checks: Callable[[], None]) -> Result:
    try:
        for check in checks:
            check()
    except VerificationError as error:
        return Result("fails", error.code, error.detail, error.index)
    return HOLDS


def _check_times(bundle: Bundle) -> None:
    """No entry behind the epoch, no received time before the one before or after the epoch's."""
    for index in sorted((*bundle.entries, *bundle.withheld)):
        if index > bundle.epoch.last:
            raise VerificationError("entry-beyond", f"the epoch ends at {bundle.epoch.last}", index)
    latest = 0
    for index, shown in bundle.entries.items():
        if shown.received < latest:
            raise VerificationError("received-fell", f"{shown.received} ms after {latest} ms", index)
        latest = shown.received
        if latest > bundle.epoch.time:
            raise VerificationError("epoch-time", f"received at {latest} ms, the epoch is of {bundle.epoch.time} ms", index)


def _check_listed(bundle: Bundle) -> None:
    """Every index that a stream lists is given, shown or withheld."""
    for name, indexes in bundle.streams.items():
        for index in indexes:
            if index not in bundle.entries and index not in bundle.withheld:
                raise VerificationError("entry-missing", f"listed in {name}", index)


def _check_chains(bundle: Bundle) -> None:
    """Each stream's chain leads to the count and head that the map has for it; a stream without entries is not in the map."""
    _check_listed(bundle)
    queries: list[Query] = []
    for name, indexes in bundle.streams.items():
        head = head_of(_links(bundle, indexes))
        queries.append((map_key(name), (len(indexes), head) if indexes else None))
    verify_map(bundle.epoch.map_root, bundle.genesis.depth, bundle.proof, queries)


def _links(bundle: Bundle, indexes: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    for index in indexes:
        shown = bundle.entries.get(index)
        yield index, bundle.withheld[index] if shown is None else shown.leaf_hash


def _check_closure(bundle: Bundle) -> None:
    """The streams of the bundle are those of the story: none is missing, none is too many."""
    closure = Closure(bundle.subject)
    while wanted := closure.wanted():
        for name in wanted:
            if name not in bundle.streams:
                raise VerificationError("stream-missing", f"the story names {name}")
            closure.take(name, (bundle.entries[i].as_entry() for i in bundle.streams[name] if i in bundle.entries))
    for name in bundle.streams:
        if name not in closure.streams:
            raise VerificationError("stream-extra", f"the story does not name {name}")


def _check_places(bundle: Bundle) -> None:
    """Each entry stands in exactly the streams that its statement names, as far as they are here, and in one at least."""
    for name, indexes in bundle.streams.items():
        for index in indexes:
            if index in bundle.entries and name not in bundle.entries[index].statement.streams:
                raise VerificationError("entry-misplaced", f"listed in {name}", index)
    listed = {name: frozenset(indexes) for name, indexes in bundle.streams.items()}
    for index, shown in bundle.entries.items():
        for name in shown.statement.streams:
            if name in listed and index not in listed[name]:
                raise VerificationError("entry-left-out", f"not listed in {name}", index)
    everywhere = frozenset().union(*listed.values())
    for index in sorted((*bundle.entries, *bundle.withheld)):
        if index not in everywhere:
            raise VerificationError("entry-extra", "listed nowhere", index)


def _check_references(bundle: Bundle, withholdings: Mapping[int, Withholding]) -> None:
    """Type and subjects that a statement copies are those of the statement that it refers to.

    That statement stands in the streams of the copy. Where none of them is in the bundle, it cannot be looked up here.
    """
    named = {b64u(shown.statement.hash): (i, copy_for_ref(shown.statement)) for i, shown in bundle.entries.items()}
    for i, withholding in withholdings.items():
        named.setdefault(withholding.name, (i, withholding.re))
    for index, shown in bundle.entries.items():
        statement = shown.statement
        ref, copied = statement.ref, statement.re
        if ref is None and copied is None:
            continue
        if ref is None or copied is None:  # as only a type can that is not understood
            raise VerificationError("reference-differs", "`ref` and `re` do not stand together", index)
        known = named.get(ref)
        if known is None and not any(name in bundle.streams for name in _referred_streams(copied)):
            continue
        if known is None or known[0] >= index or known[1] != copied:
            raise VerificationError("reference-differs", f"no earlier entry {ref} of which `re` is a copy", index)


def _referred_streams(copied: Mapping[str, JsonValue]) -> tuple[str, ...]:
    kind, subjects, inner = copied["type"], copied["subjects"], copied.get("re")
    assert isinstance(kind, str)
    assert isinstance(subjects, dict)
    return streams(kind, subjects, inner)  # type: ignore[arg-type]
