"""The scripts of a page as one file: every module it needs, those first that others need, in one scope and with short names.

A phone asks once and not thirty times, and what is alike in two modules is packed once. What is loaded only where it is
needed stays a file of its own. The sources stay at their addresses, and the file is made from them alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from .shortening import GLOBALS, WORDS, Script, short_names

_IMPORT: Final = re.compile(r'^import (?:(?P<default>\w+)|\{(?P<names>[^}]*)\}) from "\./(?P<path>[^"]+)";$', re.M)
_LAZY: Final = re.compile(r'\bimport\("\./([^"]+)"\)')
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.M)
_EXPORT_LIST: Final = re.compile(r"^export \{([^}]*)\};$", re.M)
_EXPORT_DEFAULT: Final = re.compile(r"^export default ", re.M)


@dataclass
class Module:
    """A module on its way into the file.

    Attributes:
        script: What it says, without imports and exports.
        imports: Its name for something → module and name there.
        exports: Name for others → its own name.
        names: What it declares or imports → short name.
        local: Part and name there → short name.
    """

    script: Script
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    local: dict[tuple[int, str], str] = field(default_factory=dict)


def joined(entries: tuple[str, ...], source: Callable[[str], str], within: frozenset[str] = frozenset()) -> str:
    """One module that does what the entries do.

    Args:
        entries: Names of the modules to begin with, run in this order.
        source: Text of a module.
        within: Modules that are loaded later by their sources, and stand in the file all the same.

    Raises:
        ValueError: A module is written in a way that this does not know.
    """
    modules: dict[str, Module] = {}

    def take(name: str) -> None:
        if name in modules:
            return
        module, needs = _read(source(name), within)
        modules[name] = module  # before what it needs: a circle ends here
        for need in needs:
            take(need)
        modules[name] = modules.pop(name)

    for name in entries:
        take(name)
    _name(modules)
    return "".join(f"{module.script.text(module.names, module.local)}\n" for module in modules.values())


def _read(text: str, within: frozenset[str]) -> tuple[Module, list[str]]:
    imports: dict[str, tuple[str, str]] = {}
    exports: dict[str, str] = {}
    needs: list[str] = []

    def taken(found: re.Match[str]) -> str:
        needs.append(found["path"])
        if found["default"]:
            imports[found["default"]] = (found["path"], "default")
        for theirs, ours in _pairs(found["names"] or ""):
            imports[ours] = (found["path"], theirs)
        return ""

    def later(found: re.Match[str]) -> str:
        if found[1] not in within:
            return found[0]
        needs.append(found[1])
        ours = re.sub(r"\W", "_", found[1])
        imports[ours] = (found[1], "default")
        return f"{{ default: {ours} }}"

    def given(found: re.Match[str]) -> str:
        exports.update({theirs: ours for ours, theirs in _pairs(found[1])})
        return ""

    text = _LAZY.sub(later, _IMPORT.sub(taken, text))
    text = _EXPORT_LIST.sub(given, text)
    exports.update({found[1]: found[1] for found in _EXPORT.finditer(text)})
    text = _EXPORT.sub("", text)
    text, defaults = _EXPORT_DEFAULT.subn("const exported = ", text)
    if defaults:
        exports["default"] = "exported"
    script = Script(text)
    if any(token.text in ("import", "export") and token.depth == 0 for token in script.tokens):
        raise ValueError("an import or export that is not written as all others are")
    return Module(script, imports, exports), needs


def _pairs(listed: str) -> Iterator[tuple[str, str]]:
    for part in listed.split(","):
        if part.strip():
            first, _, second = part.strip().partition(" as ")
            yield first, second or first


def _name(modules: dict[str, Module]) -> None:
    """Give every name its short one: the file's own first, for they must differ from all; then each module's."""
    kept = {token.text for module in modules.values() for token in module.script.tokens if token.kind != "text"}
    kept = (kept & GLOBALS) | WORDS
    outer: Counter[tuple[str, str]] = Counter()
    for path, module in modules.items():
        uses = Counter(name for _, name in module.script.names())
        for name in module.script.outer():
            outer[path, name] += uses[name]
        for name, (origin, theirs) in module.imports.items():
            outer[_found(modules, origin, theirs)] += uses[name]
    spelt = (name for name in short_names() if len(name) > 1 and name not in kept)
    short = {place: next(spelt) for place, _ in outer.most_common()}
    privates = Counter(t.text for module in modules.values() for t in module.script.tokens if t.kind == "private")
    hidden = dict(zip((name for name, _ in privates.most_common()), (f"#{name}" for name in short_names()), strict=False))
    for path, module in modules.items():
        names = {name: short[path, name] for name in module.script.outer()}
        names |= {ours: short[_found(modules, *place)] for ours, place in module.imports.items()}
        module.local = _local(module.script, names, kept | set(names.values()))
        module.names = names | hidden


def _local(script: Script, names: Mapping[str, str], taken: Set[str]) -> dict[tuple[int, str], str]:
    """Short names of what a part declares for itself, in order: functions that are alike look alike."""
    found: dict[tuple[int, str], str] = {}
    free: dict[int, Iterator[str]] = {}
    for place in script.names():
        if place[1] not in names and place not in found:
            spelt = free.setdefault(place[0], (name for name in short_names() if name not in taken))
            found[place] = next(spelt)
    return found


def _found(modules: dict[str, Module], path: str, name: str) -> tuple[str, str]:
    """Module and name where something is made, whoever hands it on."""
    ours = modules[path].exports[name]
    if ours in modules[path].imports:
        return _found(modules, *modules[path].imports[ours])
    return path, ours
