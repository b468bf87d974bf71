"""`suxin verifier`: the browser's verifier as one HTML file that works from the disk, with a reader's policy inside.

The modules of `static/` stand in it as they are served, each in a function of its own; only their import and export lines are
exchanged, so that whoever audits the file can compare them. Its content security policy names the hashes of the one script
and the one style sheet: nothing else can run in it, and it can reach nobody. The same policy gives the same bytes.
"""

from __future__ import annotations

import base64
import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final

import orjson
from markupsafe import Markup

from .. import __version__
from ..ledger.errors import StoreError, VerificationError
from ..ledger.policy import parse_policy
from .render import LANGUAGES, SCRIPTS, STYLES, VENDORED, static_bytes, static_url, template
from .trust import read_policy_file

ENTRY: Final = "verify-file.js"
_IMPORT: Final = re.compile(
    r'^import (?:(?P<default>\w+)|\* as (?P<all>\w+)|\{(?P<names>[^}]*)\}) from "(?P<path>\./[^"]+)";$', re.M
)
_LAZY: Final = re.compile(r'\bawait import\("(\./[^"]+)"\)')
_EXPORT: Final = re.compile(r"^export ((?:async )?function |class |const )(\w+)", re.M)
_EXPORT_LIST: Final = re.compile(r"^export \{([^}]*)\};$", re.M)
_EXPORT_DEFAULT: Final = re.compile(r"^export default ", re.M)
_LEFT: Final = re.compile(r"^\s*(?:import|export)\b(?!\.)|\bimport\(", re.M)
_ENDS_SCRIPT: Final = re.compile(r"</script|<!--", re.I)
_HEAD: Final = """"use strict";
// Modules of Suxin's verifier, each as it stands in the source but for its import and export lines; run when first asked for.
const modules = new Map(), loaded = new Map();
function load(name) {
  if (!loaded.has(name)) loaded.set(name, modules.get(name)());
  return loaded.get(name);
}
"""


@dataclass(frozen=True, slots=True)
class Module:
    """A script as a function's body.

    Args:
        name: Path below `static/`.
        body: Its text; what it exports is returned.
        needs: Paths that it imports, at once or later.
    """

    name: str
    body: str
    needs: tuple[str, ...]


def verifier_html(policy: bytes) -> bytes:
    """The verifier as one file.

    Args:
        policy: The reader's trust policy; in UTF-8, since it is shown as text.

    Raises:
        VerificationError: The policy cannot be read, or a name in it is no text.
    """
    parse_policy(policy)
    try:
        text = policy.decode()
    except UnicodeDecodeError:
        raise VerificationError("policy-malformed", "a name that is not UTF-8: this file shows its policy as text") from None
    script = _script()
    style = "".join(files("suxin.api").joinpath("static", name).read_text(encoding="utf-8") for name in STYLES)
    page = template("verifier.html", "en").render(
        version=__version__,
        policy=text,
        script=Markup(script),  # noqa: S704 - our own source, and nothing in it ends the element
        style=Markup(style),  # noqa: S704 - our own source
        script_hash=_source_hash(script),
        style_hash=_source_hash(style),
        words={lang: Markup(template("verifier_words.html", lang).render()) for lang in LANGUAGES},  # noqa: S704 - escaped by its template
    )
    return page.encode()


def write_verifier(policy: Path, out: Path, as_json: bool) -> int:
    """Write the file and print its SHA-256, which its maker publishes so that others can compare.

    Args:
        policy: File of the trust policy.
        out: File to write; one that is there is replaced.
        as_json: Print one JSON value.

    Returns:
        Exit code, 0.

    Raises:
        StoreError: A file cannot be read or written.
        VerificationError: The policy is none.
    """
    read_policy_file(policy)  # its errors name the file
    return _write(verifier_html(policy.read_bytes()), out, {"policy_sha256": sha256(policy.read_bytes()).hexdigest()}, as_json)


def write_page_script(lang: str | None, out: Path, as_json: bool) -> int:
    """Write the script that a product's or parcel's page loads: whoever has these sources gets the bytes that a site should send.

    Args:
        lang: One of `LANGUAGES`.
        out: File to write; one that is there is replaced.
        as_json: Print one JSON value.

    Returns:
        Exit code, 0.

    Raises:
        StoreError: There is no page in that language, or the file cannot be written.
    """
    if lang not in LANGUAGES:
        raise StoreError(f"there is no page in {lang}: --page is one of {', '.join(LANGUAGES)}")
    name = f"page-{lang}.js"
    return _write(static_bytes(name), out, {"address": static_url(name)}, as_json)


def _write(made: bytes, out: Path, more: dict[str, str], as_json: bool) -> int:
    try:
        out.write_bytes(made)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error
    digest = sha256(made).hexdigest()
    found = {"file": str(out), "bytes": len(made), "sha256": digest} | more
    print(orjson.dumps(found).decode() if as_json else f"{digest}  {out}")  # noqa: T201 - the answer itself
    return 0


@lru_cache(maxsize=1)
def _script() -> str:
    """All modules that the page needs, those first that others need, and the call that begins."""
    done: dict[str, Module] = {}

    def take(name: str) -> None:
        if name not in done:
            module = _module(name)
            for need in module.needs:
                take(need)
            done[name] = module

    take(ENTRY)
    parts = [f"modules.set({orjson.dumps(one.name).decode()}, () => {{\n{one.body}}});\n" for one in done.values()]
    script = "".join([_HEAD, *parts, f"load({orjson.dumps(ENTRY).decode()});\n"])
    if _ENDS_SCRIPT.search(script):
        raise ValueError("a module has text that would end the script element")
    return script


def _module(name: str) -> Module:
    if name not in SCRIPTS and name not in VENDORED:
        raise ValueError(f"{name} is no script of the site")
    text = files("suxin.api").joinpath("static", *name.split("/")).read_text(encoding="utf-8")
    needs: list[str] = []
    names: list[str] = []

    def needed(path: str) -> str:
        needs.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)))
        return f"load({orjson.dumps(needs[-1]).decode()})"

    def taken(found: re.Match[str]) -> str:
        source = needed(found["path"])
        if found["names"] is not None:
            wanted = [part.strip().replace(" as ", ": ") for part in found["names"].split(",") if part.strip()]
            return f"const {{ {', '.join(wanted)} }} = {source};"
        return f"const {found['default']} = {source}.default;" if found["default"] else f"const {found['all']} = {source};"

    def listed(found: re.Match[str]) -> str:
        names.extend(part.strip() for part in found[1].split(",") if part.strip())
        return ""

    def declared(found: re.Match[str]) -> str:
        names.append(found[2])
        return f"{found[1]}{found[2]}"

    body = _IMPORT.sub(taken, text)
    body = _LAZY.sub(lambda found: needed(found[1]), body)
    body = _EXPORT.sub(declared, _EXPORT_LIST.sub(listed, body))
    body, defaults = _EXPORT_DEFAULT.subn("const exported = ", body)
    if _LEFT.search(_without_comments(body)):
        raise ValueError(f"{name} has an import or export that is not written as all others are")
    given = names + ["default: exported"] * defaults
    return Module(name, f"{body}return {{ {', '.join(given)} }};\n", tuple(needs))


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.S | re.M)


def _source_hash(text: str) -> str:
    """A source of a content security policy that lets this very text run."""
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
