"""How an actor is called on a page: its registered name and role, from the directory."""

from __future__ import annotations

from collections.abc import Mapping

from .directory import Directory
from .refs import Name, Party
from .statement import Statement
from .terms import Words


def name_from(words: Mapping[str, str]) -> Name:
    """A name recorded in Chinese, English or both; Chinese leads."""
    if "zh" in words:
        return Name(words["zh"], "zh-CN", words.get("en", ""))
    return Name(words["en"], "en") if "en" in words else Name("")


def title_name(title: Words) -> Name:
    """A title as a statement gives it."""
    return name_from({lang: text for lang in ("zh", "en") if isinstance(text := getattr(title, lang), str)})


def party_of(directory: Directory, actor: str) -> Party:
    """An actor as a page shows it; of a stranger only the id."""
    known = directory.actors.get(actor)
    role = directory.role(actor) or ""
    path = f"/couriers/{actor[5:]}" if role == "courier" and actor.startswith("uscc:") else ""
    return Party(actor, name_from(known.name if known else {}), role, path)


def authority_of(statement: Statement) -> str:
    """Whose finding a statement is: the authority in whose name it was imported, else the party bound by it."""
    return statement.of if statement.mode == "import" and statement.of is not None else statement.party
