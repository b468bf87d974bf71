"""Compile the templates of a record to JavaScript: the script in the browser draws what the server should have drawn.

A template is written once. What both languages make of it must be the same to the last attribute, so whatever this compiler
does not know it refuses: a template that uses more has to teach it first. It covers what the record's pages use of Jinja.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from jinja2 import Environment, nodes

PARTS: Final = ("parts.html", "record.html")  # macros, in the order in which they are defined
PAGES: Final = {"trace.html": "trace", "waybill.html": "waybill"}
# Macros that speak of what no bundle proves: the script draws an empty place for them and looks at no word in it.
STATED: Final = {"proof": '<section data-stated="proof"></section>', "stated": '<dd data-stated="count"></dd>'}
_GLOBALS: Final = frozenset(("lang", "path", "address", "site", "f", "word", "draw_qr", "static_url", "page"))
_BEGIN, _END = "\x01", "\x02"  # around what is put out, until all that follows one another is one assignment
_COMPARISONS: Final = {"eq": "===", "ne": "!==", "gt": ">", "lt": "<", "gteq": ">=", "lteq": "<="}
_INTRO: Final = 'import { H, cat, e, get, or, reject, t } from "./record-draw.js";\n'

Message = tuple[str, str, str]  # context, singular, plural; "" for none


@dataclass
class Script:
    """The compiled module, and the messages it names by number.

    Attributes:
        source: Text of the module.
        messages: Messages in the order of their numbers.
    """

    source: str = ""
    messages: list[Message] = field(default_factory=list)

    def number(self, message: Message) -> int:
        """Number of a message; a new one for a new message."""
        if message not in self.messages:
            self.messages.append(message)
        return self.messages.index(message)


def compile_pages() -> Script:
    """Compile the record's templates: every macro, then one function for the main part of each page."""
    environment = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"], autoescape=True)
    trees = {name: environment.parse(_source(name)) for name in (*PARTS, *PAGES)}
    macros = {macro.name: macro for name in PARTS for macro in trees[name].find_all(nodes.Macro)}
    wanted: dict[str, None] = {}
    for name in PAGES:
        _reach(_main(trees[name]), macros, wanted)
    script = Script()
    lines = [_INTRO]
    for name in [name for name in macros if name in wanted]:
        lines.append(_Function(script, set(macros)).macro(macros[name]))
    for template, name in PAGES.items():
        sets = [node for node in trees[template].body if isinstance(node, nodes.Assign)]
        lines.append(_Function(script, set(macros)).block(name, [*sets, *_main(trees[template]).body]))
    script.source = "".join(lines).replace(_END + _BEGIN, " + ").replace(_BEGIN, "o += ").replace(_END, ";\n")
    return script


def _source(name: str) -> str:
    return files("suxin.api").joinpath("templates", name).read_text(encoding="utf-8")


def _main(tree: nodes.Template) -> nodes.Block:
    return next(block for block in tree.find_all(nodes.Block) if block.name == "main")


def _reach(node: nodes.Node, macros: dict[str, nodes.Macro], found: dict[str, None]) -> None:
    """Macros that a part of a template calls, and those that they call."""
    for call in node.find_all(nodes.Call):
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        if name in macros and name not in found and name not in STATED:
            found[name] = None
            _reach(macros[name], macros, found)


class _Function:
    """One macro or block on its way to JavaScript."""

    def __init__(self, script: Script, macros: set[str]) -> None:
        self._script = script
        self._macros = macros
        self._locals: set[str] = set()

    def macro(self, macro: nodes.Macro) -> str:
        names = [argument.name for argument in macro.args]
        self._locals.update(names)
        parameters = ", ".join(["c", *(f"_{name}" for name in names)])
        return f'function {macro.name}({parameters}) {{\nlet o = "";\n{self._body(macro.body)}return new H(o);\n}}\n'

    def block(self, name: str, body: Sequence[nodes.Node]) -> str:
        return f'export function {name}(c) {{\nlet o = "";\n{self._body(body)}return o;\n}}\n'

    # Statements

    def _body(self, body: Sequence[nodes.Node]) -> str:
        return "".join(self._statement(node) for node in body)

    def _statement(self, node: nodes.Node) -> str:
        match node:
            case nodes.Output():
                return "".join(self._output(part) for part in node.nodes)
            case nodes.If():
                text = f"if ({self._truth(node.test)}) {{\n{self._body(node.body)}}}"
                for other in node.elif_:
                    text += f" else if ({self._truth(other.test)}) {{\n{self._body(other.body)}}}"
                return text + (f" else {{\n{self._body(node.else_)}}}\n" if node.else_ else "\n")
            case nodes.For(else_=[], test=None, recursive=False):
                return self._loop(node)
            case nodes.Assign(target=nodes.Name(name=name)):
                self._locals.add(name)
                return f"const _{name} = {self._value(node.node)};\n"
        raise TypeError(f"line {node.lineno}: {type(node).__name__} is not compiled")

    def _output(self, part: nodes.Node) -> str:
        shown = _text(part.data) if isinstance(part, nodes.TemplateData) else f"e({self._value(part)})"
        return _BEGIN + shown + _END

    def _loop(self, node: nodes.For) -> str:
        assert isinstance(node.target, nodes.Name), "one name for each turn"
        self._locals.add(node.target.name)
        bound = f"_{node.target.name}"
        items = self._value(node.iter)
        body = self._body(node.body)
        asked = any(isinstance(one.node, nodes.Name) and one.node.name == "loop" for one in node.find_all(nodes.Getattr))
        if not asked:
            return f"for (const {bound} of {items}) {{\n{body}}}\n"
        return f"for (const [at, {bound}] of [...{items}].entries()) {{\nconst last = at === {items}.length - 1;\n{body}}}\n"

    # Expressions

    def _truth(self, node: nodes.Node) -> str:
        match node:
            case nodes.And():
                return f"({self._truth(node.left)} && {self._truth(node.right)})"
            case nodes.Or():
                return f"({self._truth(node.left)} || {self._truth(node.right)})"
            case nodes.Not():
                return f"!{self._truth(node.node)}"
            case nodes.Compare() | nodes.Test():
                return self._value(node)
        return f"t({self._value(node)})"

    def _value(self, node: nodes.Node) -> str:
        match node:
            case nodes.Const():
                return _text(node.value)
            case nodes.TemplateData():
                return _text(node.data)
            case nodes.Name():
                return self._name(node)
            case nodes.Getattr(node=nodes.Name(name="loop"), attr="last"):
                return "last"
            case nodes.Getattr():
                return f"{self._value(node.node)}.{node.attr}"
            case nodes.Getitem():
                return f"{self._value(node.node)}[{self._value(node.arg)}]"
            case nodes.Tuple() | nodes.List():
                return f"[{self._all(node.items)}]"
            case nodes.Dict():
                return "{" + ", ".join(f"{self._value(pair.key)}: {self._value(pair.value)}" for pair in node.items) + "}"
            case nodes.Or():
                return f"or({self._value(node.left)}, () => {self._value(node.right)})"
            case nodes.CondExpr():
                other = self._value(node.expr2) if node.expr2 is not None else '""'
                return f"({self._truth(node.test)} ? {self._value(node.expr1)} : {other})"
            case nodes.Concat():
                return f"cat({self._all(node.nodes)})"
            case nodes.Mul():
                return f"{self._value(node.left)}.repeat({self._value(node.right)})"
            case nodes.Sub():
                return f"({self._value(node.left)} - {self._value(node.right)})"
            case nodes.Not() | nodes.And():
                return self._truth(node)
            case nodes.Compare(ops=[operand]):
                return self._comparison(node.expr, operand)
            case nodes.Test(name="none"):
                return f"({self._value(node.node)} === null)"
            case nodes.Test(name="defined"):
                return f"({self._value(node.node)} !== undefined)"
            case nodes.Filter() if node.node is not None:
                return self._filter(node, node.node)
            case nodes.Call():
                return self._call(node)
        raise TypeError(f"line {node.lineno}: {type(node).__name__} is not compiled")

    def _all(self, items: Sequence[nodes.Expr]) -> str:
        return ", ".join(self._value(item) for item in items)

    def _name(self, node: nodes.Name) -> str:
        if node.name in self._locals:
            return f"_{node.name}"
        if node.name not in _GLOBALS:
            raise TypeError(f"line {node.lineno}: {node.name} is not known to the script")
        return f"c.{node.name}"

    def _comparison(self, left: nodes.Node, operand: nodes.Operand) -> str:
        right = self._value(operand.expr)
        if operand.op in ("in", "notin"):
            return f"{'' if operand.op == 'in' else '!'}{right}.includes({self._value(left)})"
        return f"({self._value(left)} {_COMPARISONS[operand.op]} {right})"

    def _filter(self, node: nodes.Filter, inner: nodes.Node) -> str:
        value = self._value(inner)
        match node.name, node.args:
            case "length", []:
                return f"{value}.length"
            case "list", []:
                return value
            case "join", [separator]:
                return f"{value}.join({self._value(separator)})"
            case "reject", [nodes.Const(value="equalto"), other]:
                return f"reject({value}, {self._value(other)})"
        raise TypeError(f"line {node.lineno}: the filter {node.name} is not compiled")

    def _call(self, node: nodes.Call) -> str:
        if isinstance(node.node, nodes.Getattr):
            if isinstance(node.node.node, nodes.Dict) and node.node.attr == "get":
                return f"get({self._value(node.node.node)}, {self._all(node.args)})"
            return f"{self._value(node.node)}({self._all(node.args)})"
        assert isinstance(node.node, nodes.Name)
        name = node.node.name
        if name in ("_", "gettext", "pgettext", "ngettext"):
            return self._message(name, node)
        if node.kwargs:
            raise TypeError(f"line {node.lineno}: {name} is called with names")
        if name in STATED:
            return f"new H({_text(STATED[name])})"
        if name in self._macros:
            return f"{name}({', '.join(['c', *(self._value(item) for item in node.args)])})"
        return f"{self._name(node.node)}({self._all(node.args)})"

    def _message(self, how: str, node: nodes.Call) -> str:
        texts = [item.value for item in node.args if isinstance(item, nodes.Const)]
        values = "{" + ", ".join(f"{pair.key}: {self._value(pair.value)}" for pair in node.kwargs) + "}"
        if how == "ngettext":
            number = self._script.number(("", texts[0], texts[1]))
            return f"c.many({number}, {self._value(node.args[2])}, {values})"
        message = (texts[0], texts[1], "") if how == "pgettext" else ("", texts[0], "")
        return f"c.say({self._script.number(message)}" + (f", {values})" if node.kwargs else ")")


def _text(value: object) -> str:
    """A constant. Markup is full of double quotes: it stands in single ones, which need no sign before each."""
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and '"' in value and "'" not in value:
        return "'" + text[1:-1].replace('\\"', '"') + "'"
    return text
