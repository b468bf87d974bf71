"""Edits of a bundle's text, as somebody makes them who holds no key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from suxin.ledger import canonical
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.limits import BUNDLE_DEPTH_MAX

Value = dict[str, Any]
Edit = Callable[[Value], object]


def edited(text: str, *changes: Edit) -> str:
    """The text of a bundle after changes of its value."""
    value = json.loads(text)
    for change in changes:
        change(value)
    return canonical.dump(value, BUNDLE_DEPTH_MAX + 4).decode()


def shortest(text: str, changed: str) -> tuple[str, str]:
    """The part of a text that differs, with as much around it as makes it unique, and what stands there instead."""
    first = next(i for i, (a, b) in enumerate(zip(text, changed + "\0", strict=False)) if a != b)
    last = next(i for i, (a, b) in enumerate(zip(text[::-1], changed[::-1] + "\0", strict=False)) if a != b)
    last = min(last, len(text) - first, len(changed) - first)
    while text.count(text[first : len(text) - last]) != 1:
        first, last = max(first - 1, 0), max(last - 1, 0)
    return text[first : len(text) - last], changed[first : len(changed) - last]


def entry(value: Value, index: int) -> Value:
    """The leaf at an index."""
    found: Value = next(leaf for at, leaf in value["entries"] if at == index)
    return found


def set_in(*path: Any, to: Any) -> Edit:
    """Set a member; a number leads into a list."""

    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to

    return change


def set_entry(index: int, **members: Any) -> Edit:
    """Change members of a leaf; a function makes the new value from the leaf."""

    def change(value: Value) -> None:
        leaf = entry(value, index)
        leaf.update({name: new(leaf) if callable(new) else new for name, new in members.items()})

    return change


def drop(*path: Any) -> Edit:
    """Leave a member out."""

    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value.pop(path[-1])

    return change


def drop_entry(index: int) -> Edit:
    """Leave an entry out, and keep its place in the streams."""
    return lambda value: value.update(entries=[row for row in value["entries"] if row[0] != index])


def unlist(index: int) -> Edit:
    """Leave an entry out of every stream."""
    return lambda value: [indexes.remove(index) for indexes in value["streams"].values() if index in indexes]


def swap(one: int, two: int) -> Edit:
    """Put two leaves into each other's place."""

    def change(value: Value) -> None:
        rows = {row[0]: row for row in value["entries"]}
        rows[one][1], rows[two][1] = rows[two][1], rows[one][1]

    return change


def add_from(text: str, index: int) -> Edit:
    """Put in an entry of another bundle."""
    leaf = entry(json.loads(text), index)
    return lambda value: value.update(entries=sorted([*value["entries"], [index, leaf]]))


def cut(part: str, member: str) -> Edit:
    """Take the last hash away."""
    return lambda value: value[part].update({member: b64u(unb64u(value[part][member])[:-32])})


def lengthen(part: str, member: str) -> Edit:
    """Add a hash."""
    return lambda value: value[part].update({member: b64u(unb64u(value[part][member]) + bytes(32))})


def flip_signature(value: Value) -> None:
    """Change bits of the last signature line of the checkpoint."""
    line = value["checkpoint"].rstrip("\n").rpartition(" ")[2]
    value["checkpoint"] = value["checkpoint"].replace(line, line[:-8] + ("A" if line[-8] != "A" else "B") + line[-7:])


def withhold(index: int) -> Edit:
    """Show of an entry no more than its index and leaf hash."""

    def change(value: Value) -> None:
        leaf = b64u(leaf_hash(canonical.dump(entry(value, index), BUNDLE_DEPTH_MAX)))
        drop_entry(index)(value)
        value["withheld"] = sorted([*value.get("withheld", []), [index, leaf]])
        value["open"] = [row for row in value.get("open", []) if row[0] != index]
        if not value["open"]:
            value.pop("open")

    return change


def repeat_batch(value: Value) -> None:
    """Give the first batch twice, each time for some of its entries."""
    first = value["batches"][0]
    value["batches"].insert(1, {"leaf": first["leaf"], "paths": [first["paths"].pop()]})
