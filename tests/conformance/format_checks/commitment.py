"""What docs/formats/commitment.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.commitment import commit, content_leaf, verify_commitment
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.merkle import inclusion_path, nodes_of, root_of
from suxin.ledger.proof import verify_inclusion


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    parts = (unb64u(shown["salt"], 32), shown["type"], shown["pointer"], shown["value"])
    assert b64u(commit(*parts)) == shown["commitment"]
    verify_commitment(unb64u(shown["commitment"], 32), *parts)


def contents(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    leaves = [content_leaf(unb64u(row["salt"], 32), row["item"]) for row in shown["contents"]]
    assert [b64u(leaf) for leaf in leaves] == [row["leaf"] for row in shown["contents"]]
    assert b64u(root_of(leaves)) == shown["root"]
    for place, leaf in enumerate(leaves):
        path = inclusion_path(place, len(leaves), nodes_of(leaves))
        verify_inclusion(leaf, place, len(leaves), path, unb64u(shown["root"], 32))


CHECKS = {"commitment.example": example, "commitment.contents": contents}
