"""Scripts of ours without comments, without needless space and with short names, for what travels to a phone.

A name is exchanged everywhere in its module or nowhere, so that no rule of scopes is needed: every mention of it that is no
property gets the same new name, which nothing else in the module has. Properties, globals, texts and patterns stay as they
are. Source: ECMA-262, lexical grammar. It knows what our own scripts use; what it is not sure of it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["name", "private", "property", "short", "word", "text", "sign"]
Brace = Literal["(", "[", "block", "object", "class", "${"]

_LIST: Final = re.compile(r"\w+")
WORDS: Final = frozenset(
    _LIST.findall("""
    async await break case catch class const continue default delete do else export extends false finally for from
    function get if import in instanceof let new null of return set static super switch this throw true try typeof
    undefined void while yield
    """)
)
_UNKNOWN: Final = frozenset(("var", "with", "eval", "debugger"))
# What a browser brings along; never a name of ours. A test asks a browser whether one is missing here.
GLOBALS: Final = frozenset(
    _LIST.findall("""
    AbortController AbortSignal Array ArrayBuffer BigInt Blob Boolean DOMException DOMParser DataView Date
    DecompressionStream Error Event FileReader FormData Infinity Intl JSON Map Math MessageChannel NaN Node
    NodeFilter Number Object Promise Proxy RangeError RegExp Response Set String SubtleCrypto Symbol SyntaxError
    TextDecoder TextEncoder TypeError URL URLSearchParams Uint32Array Uint8Array WeakMap arguments atob btoa
    clearTimeout closed console crypto customElements decodeURIComponent document encodeURIComponent event fetch
    getComputedStyle globalThis history indexedDB innerHeight innerWidth isFinite isNaN length localStorage location
    matchMedia name navigator open origin parent parseFloat parseInt performance queueMicrotask
    requestAnimationFrame scrollX scrollY self sessionStorage setTimeout status structuredClone top window
    """)
)
_TOKEN: Final = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<word>#?[A-Za-z_$][\w$]*)|(?P<number>\.?\d[\w.]*)"
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"|(?P<sign>\.\.\.|=>|\?\.(?!\d)|\+\+|--|&&=?|\|\|=?|\?\?=?|[{}()\[\];,<>+\-*/%&|^!~?:=.@])",
    re.S,
)
_REGEX: Final = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_BLOCK: Final = frozenset((")", "=>", ";", "else", "try", "finally", "do", "static", "{", "}", ""))
_OPENS: Final[dict[str, tuple[Brace, ...]]] = {")": ("(",), "]": ("[",), "}": ("block", "object", "class")}
_ENDS_VALUE: Final = frozenset((")", "]", "}"))
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"


@dataclass(slots=True)
class Token:
    """A piece of a script.

    Attributes:
        kind: What it is; "short" is a property and a name at once, as in `{ name }`.
        text: Its characters.
        spaced: White space with a line's end stood before it.
        depth: Brackets it stands in.
        part: Number of the function, method or statement of the module that it stands in; a local name means one thing there.
    """

    kind: Kind
    text: str
    spaced: bool = False
    depth: int = 0
    part: int = 0


class Script:
    """A module, cut into tokens.

    Attributes:
        tokens: In order.
    """

    def __init__(self, source: str) -> None:
        self.tokens: list[Token] = []
        self._source = source
        self._stack: list[Brace] = []
        self._class = False
        self._part = 0
        self._at = 0
        self._read("")
        if self._stack:
            raise ValueError(f"a {self._stack[-1]} that is not closed")

    def names(self) -> Iterator[tuple[int, str]]:
        """Each mention of a name that may be exchanged: its part, and the name."""
        for token in self.tokens:
            if token.kind in ("name", "short") and token.text not in GLOBALS:
                yield token.part, token.text

    def outer(self) -> dict[str, None]:
        """Names declared at the module's own level, in order."""
        found: dict[str, None] = {}
        statement = ""  # "const" up to the equals sign, "=" behind it
        for before, token in zip([Token("sign", ""), *self.tokens], self.tokens, strict=False):
            if before.depth == 0 and before.text in ("const", "let"):
                statement = "const"
            elif token.depth == 0 and token.text == ";":
                statement = ""
            elif token.depth == 0 and token.text == "=" and statement:
                statement = "="
            elif token.depth == 0 and token.text == "," and statement:
                raise ValueError("one const or let declares one thing at a module's level")
            elif statement == "const" and token.kind in ("name", "short") and (token.depth > 1 or before.text == "="):
                raise ValueError("a pattern in a pattern, or a value in one, at a module's level")
            if token.kind in ("name", "short") and (
                (statement == "const" and token.depth <= 1) or (token.depth == 0 and before.text in ("function", "class"))
            ):
                found[token.text] = None
        return found

    def text(self, names: Mapping[str, str], local: Mapping[tuple[int, str], str]) -> str:
        """The module again. A line's end stays where a statement may end without a sign.

        Args:
            names: New names of what the module declares, imports or hides in its classes.
            local: New names by part.
        """
        parts: list[str] = []
        last = ""
        for token in self.tokens:
            new = names.get(token.text) or local.get((token.part, token.text), token.text)
            if token.kind == "short" and new != token.text:
                new = f"{token.text}:{new}"
            elif token.kind not in ("name", "private", "short"):
                new = token.text
            if last and _sticks(last, new):
                parts.append(" ")
            elif token.spaced and last[-1:] in "})]" and last and new[0] not in "})].;,?:":
                parts.append("\n")
            parts.append(new)
            last = new
        return "".join(parts)

    def _read(self, until: str) -> None:
        source, spaced, depth = self._source, False, len(self._stack)
        while self._at < len(source):
            if source[self._at] == "`":
                self._template(spaced)
                spaced = False
                continue
            if source[self._at] == "/" and self._expects_value() and source[self._at + 1] not in "/*":
                found = _REGEX.match(source, self._at)
            else:
                found = _TOKEN.match(source, self._at)
            if found is None:
                raise ValueError(f"not understood: {source[self._at : self._at + 40]!r}")
            self._at = found.end()
            if found.re is _TOKEN and found["space"] is not None:
                spaced = spaced or "\n" in found[0]
            elif until and found[0] == until and len(self._stack) == depth:
                self._at = found.start()
                return
            else:
                self._take(found, spaced)
                spaced = False

    def _take(self, found: re.Match[str], spaced: bool) -> None:
        text = found[0]
        if found.re is _REGEX or found["text"] or found["number"]:
            self.tokens.append(Token("text", text, spaced, len(self._stack), self._part))
        elif found["word"]:
            self.tokens.append(Token(self._kind(text), text, spaced, len(self._stack), self._part))
            self._class = self._class or (text == "class" and self.tokens[-1].kind == "word")
        else:
            self._sign(text, spaced)

    def _sign(self, text: str, spaced: bool) -> None:
        closed = self._stack.pop() if text in _OPENS and self._stack else ""
        if text in _OPENS and closed not in _OPENS[text]:
            raise ValueError(f"a {text} that closes nothing")
        self.tokens.append(Token("sign", text, spaced, len(self._stack), self._part))
        if (text == ";" or closed in ("block", "class")) and all(brace == "class" for brace in self._stack):
            self._part += 1  # what was declared in it cannot be meant by anything behind it
        if text in "([":
            self._stack.append("(" if text == "(" else "[")
        elif text == "{":
            self._stack.append(self._brace())

    def _brace(self) -> Brace:
        before = self.tokens[-2] if len(self.tokens) > 1 else Token("sign", "")
        if self._class:
            self._class = False
            return "class"
        if before.text == ":" and self._stack[-1:] == ["block"] and self._is_case():
            return "block"
        return "block" if before.kind in ("sign", "word") and before.text in _BEFORE_BLOCK else "object"

    def _is_case(self) -> bool:
        """Whether the colon just read ends a `case`."""
        for token in reversed(self.tokens[:-2]):
            if token.text in (";", "{", "}", "?"):
                return False
            if token.text in ("case", "default"):
                return True
        return False

    def _kind(self, text: str) -> Kind:
        before = self.tokens[-1].text if self.tokens else ""
        if text[0] == "#":
            return "private"
        if before in (".", "?."):
            return "property"
        within = self._stack[-1] if self._stack else ""
        begins = before in ("{", ",") if within == "object" else before in ("{", "}", ";")
        modified = before in ("async", "get", "set", "static", "*") and self.tokens[-1].kind in ("word", "sign")
        if within in ("object", "class") and (begins or modified):
            after = self._next()
            if after in ":(":
                return "property"
            if within == "class" and after in "=;}":
                return "property"
            if within == "object" and after in ",}=":
                if text in WORDS:
                    raise ValueError(f"{text} as a name")
                return "short"
        if text in _UNKNOWN:
            raise ValueError(f"{text} is not known here")
        return "word" if text in WORDS else "name"

    def _next(self) -> str:
        """The sign that follows, or a blank."""
        at = self._at
        while (found := _TOKEN.match(self._source, at)) and found["space"] is not None:
            at = found.end()
        return self._source[at] if at < len(self._source) and not self._source[at].isalnum() else " "

    def _expects_value(self) -> bool:
        """Whether a slash begins a pattern here."""
        if not self.tokens:
            return True
        last = self.tokens[-1]
        if last.text == ")" and self._is_condition():
            raise ValueError("a pattern as a statement")
        if last.kind == "word":
            return last.text not in ("this", "null", "true", "false", "super", "undefined")
        return last.kind == "sign" and last.text not in _ENDS_VALUE

    def _is_condition(self) -> bool:
        """Whether the bracket just closed is that of an `if` or a loop."""
        last = self.tokens[-1]
        opened = next(at for at, one in reversed([*enumerate(self.tokens)]) if one.text == "(" and one.depth == last.depth)
        return opened > 0 and self.tokens[opened - 1].text in ("if", "while", "for")

    def _template(self, spaced: bool) -> None:
        """A text with values in it: its own characters stay, the values are read like everything else."""
        begin = self._at
        self._at += 1
        while True:
            char = self._source[self._at]
            if char == "\\":
                self._at += 2
            elif char == "`" or self._source.startswith("${", self._at):
                self._at += 1 if char == "`" else 2
                self.tokens.append(Token("text", self._source[begin : self._at], spaced, len(self._stack), self._part))
                if char == "`":
                    return
                self._stack.append("${")
                self._read("}")
                self._stack.pop()
                begin, spaced = self._at, False
                self._at += 1
            else:
                self._at += 1


def short_names() -> Iterator[str]:
    """a, b, … then two letters, and so on; none is a word of the language."""
    size = 1
    while True:
        yield from (name for name in _spelt(size) if name not in WORDS and name not in GLOBALS)
        size += 1


def _spelt(size: int) -> Iterator[str]:
    if size == 0:
        yield ""
        return
    for head in _spelt(size - 1):
        for letter in _LETTERS:
            yield head + letter


def _sticks(left: str, right: str) -> bool:
    """Whether two tokens would be read as one."""
    end, begin = left[-1], right[0]
    if _is_part(begin) and (_is_part(end) or (left[0] == "/" and len(left) > 1)):
        return True
    return end == begin and end in "+-/"


def _is_part(char: str) -> bool:
    return char.isalnum() or char in "_$#"
