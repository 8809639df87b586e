"""Keeps the catalogues of lvsdoctor/locale: for each language lvsdoctor.po, and the .mo that is read from it.

Without arguments it writes both anew from the sources: new texts come in empty, those that are gone stay as comments
at the end. A text without a translation is shown in English, so whoever writes a rule need not write Chinese.

--check fails for what is broken: a placeholder, a command or a code span that is not the source's, a page without a
heading or with other commands, a .mo that is not the .po's. It lists how much is missing or stale (-v: what);
with --strict that fails, too.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, product
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from lvsdoctor.language import speaking, translated  # noqa: E402
from lvsdoctor.reporting import wording  # noqa: E402
from lvsdoctor.reporting.rule_page import (  # noqa: E402
    PARTS_OF_FIX,
    BadPage,
    named_origin,
    origin,
    read_translated_page,
    translated_page,
)
from lvsdoctor.reporting.service_outcomes import CONDITIONS  # noqa: E402
from tools.texts import asked_for, marked, nouns, phrases, reasons, templates  # noqa: E402

LOCALE = ROOT / "lvsdoctor/locale"
# The rooms whose templates travel to a report before they are filled, and those that translate what they say.
SAYING = (
    "rules/*/[!_]*.py",
    *(f"lvsdoctor/{room}/**/*.py" for room in ("kernel", "analysis", "engine", "fixes/commands")),
)
SHOWING = ("lvsdoctor/**/*.py", "reports/*.py")
COLLECTING = ("lvsdoctor/collect/**/*.py", "lvsdoctor/parse/**/*.py")
KINDS = ("message", "clients", "note", "assumed", "careful")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_HEAD = "# What lvsdoctor says, in another language: made by `make translations`, see docs/LANGUAGES.md."

# What a template's field may hold, and no extraction tells from a name: each stands so in a source (f-strings as `{}`).
IN_FIELDS = (
    "direct routing", "tunnelling", "masquerading", "every interface", "ARP requests", "the director", "the host",
    "this host", "on the director", "on the real server", "a rule drops the packet", "a rule rejects the packet",
    "the policy of chain {} is drop", "{} has no address that REDIRECT could send the packet to",
    "keepalived leaves this server out", "its neighbour entry is {}",
    "{other} answers as well, and the later answer counts", "# scan {} as well", "# scan the directors together",
    "some send to {node} directly, not through the director.",
    "clients get no reply of real servers behind {node}.", "{} of {} real servers ({}{})", "by proxy, beside {}",
    "hosts that receive ARP requests of {node} send VIP traffic to it.",
    "{node} drops their packets where its reply leaves by another interface.",
    "{} of {} real servers", "{} of {} real servers ({})", ", real server {}", "a loopback", "a multicast",
    "an unspecified", "an IPv4-mapped", "a broadcast", "this instance", "an instance", "applied earlier, has no effect",
    "applied earlier, has no effect at boot; it counts for `sysctl --system` of procps",
    "this rule rewrites the packet", "a change is copied to every interface", "no file sets {} of {}",
    "{count} virtual services, {first} the first", "virtual service {first}", "so says {option}",
    "the same variable as all.forwarding; a change is copied to every interface",
    "a change of it sets all.accept_redirects to the opposite", "an interface starts with a copy of default",
    "the chains call each other too often", "chain {} was not shown", "a program decides",
    "whether this rule matches is not known", "{key} has two values, {value} and {another}",
    "{link} has two values of its {what}, {value} and {another}", "With a weight above 0: {}",
    "MetalLB's L2Advertisement", "MetalLB's layer2 pool", "a real server", "a director that masquerades",
    "the authentication", "the list of virtual_ipaddress", "the list of unicast_peer",
)  # fmt: skip
# What clients suffer from a setting, as boot_settings.py has it, and when: rules put the two together.
_SUFFERED = tuple(text for text in IN_FIELDS if text.endswith(".") and "{node}" in text)
_WHEN = ("After a boot ", "Until the next boot ")
# Verbs that English inflects; a translation may do without.
_INFLECTED = {"{have}", "{differ}"}


@dataclass(slots=True)
class Wanted:
    """A text to translate: its plural, if it has one, and the files that say it."""

    several: str = ""
    files: list[str] = field(default_factory=list)


def wanted() -> dict[str, Wanted]:
    """All texts that reports may show, in the order of the files."""
    found: dict[str, Wanted] = {}

    def note(text: str, file: str, several: str = "") -> None:
        entry = found.setdefault(text, Wanted(several))
        if file not in entry.files:
            entry.files.append(file)

    for name, source in _sources(*SHOWING):
        for text in marked(source):
            note(text, name)
        for noun in nouns(source):
            note(f"{{number}} {noun}", name, f"{{number}} {noun}s")
    for path in sorted(ROOT.glob("reports/templates/*.jinja")):
        source, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        for text in asked_for(source):
            note(text, name)
        for noun in nouns(source):
            note(f"{{number}} {noun}", name, f"{{number}} {noun}s")
    for name, source in _sources(*SAYING):
        for text in (text.says for text in templates(source) if text.kind in KINDS):
            if re.search(r"[A-Za-z]{2}", re.sub(r"\{[^{}]*\}", "", text)):
                note(text, name)
    for name, source in _sources(*SAYING, *COLLECTING):
        for text in (*phrases(source), *reasons(source)):
            note(text, name)
    sources = "\n".join(source for _, source in _sources("rules/*/*.py", "lvsdoctor/**/*.py"))
    literal = re.sub(r"(?<!\{)\{[^{}]*\}", "{}", sources)
    for text in IN_FIELDS:
        if text in sources or text in literal:
            note(text.removeprefix("# "), "tools/translations.py")
    for when, text in product(_WHEN, _SUFFERED):
        if f'"{when}"' in sources:
            note(when + text, "tools/translations.py")
    for condition in CONDITIONS.values():
        note(f"{condition}: {{sentence}}", "lvsdoctor/engine/as_configured.py")
    return found


def _sources(*globs: str) -> Iterator[tuple[str, str]]:
    for path in dict.fromkeys(path for glob in globs for path in sorted(ROOT.glob(glob))):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


# -- the files ---------------------------------------------------------------------------------------------------------


def read(language: str) -> Catalog:
    """The catalogue of a language as it stands; empty where there is none."""
    file = LOCALE / language / "LC_MESSAGES/lvsdoctor.po"
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def _empty(language: str) -> Catalog:
    # No date and no version in the head: they would change with every run.
    return Catalog(
        locale=language,
        header_comment=_HEAD,
        project="lvsdoctor",
        version="1",
        msgid_bugs_address="CONTRIBUTING.md",
        last_translator="lvsdoctor",
        language_team="lvsdoctor",
        creation_date=_EPOCH,
        revision_date=_EPOCH,
        fuzzy=False,
    )


def updated(catalog: Catalog, language: str) -> Catalog:
    """The same with exactly the texts that are wanted now."""
    new = _empty(language)
    texts = wanted()
    for text, entry in texts.items():
        old = catalog.get(text)
        pair = (text, entry.several) if entry.several else text
        string = old.string if old is not None and isinstance(old.id, str) != bool(entry.several) else ""
        new.add(pair, string, locations=[(file, 0) for file in entry.files])
    for message in (*catalog, *catalog.obsolete.values()):
        name = message.id if isinstance(message.id, str) else message.id[0]
        if name and name not in texts and message.string and any(message.string):
            new.obsolete[name] = message
    return new


def write(catalog: Catalog, language: str) -> None:
    folder = LOCALE / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    stream = io.BytesIO()
    write_po(stream, catalog, width=0, include_lineno=False)
    lines = (line for line in stream.getvalue().split(b"\n") if not line.startswith(b'"Generated-By'))
    (folder / "lvsdoctor.po").write_bytes(b"\n".join(lines))
    (folder / "lvsdoctor.mo").write_bytes(compiled(catalog))


def compiled(catalog: Catalog) -> bytes:
    """The .mo: an untranslated text is not in it."""
    known = _empty(str(catalog.locale))
    for message in catalog:
        if message.id and message.string and all(message.string) and not message.fuzzy:
            known.add(message.id, message.string)
    stream = io.BytesIO()
    write_mo(stream, known)
    return stream.getvalue()


# -- what is wrong with a translation ----------------------------------------------------------------------------------

_HOLE = re.compile(r"\{[^{}]*\}")
# What stays as it is: code spans, options, keys, paths, constants of the kernel and of protocols.
_KEPT = re.compile(
    r"`[^`]+`|(?<![\w-])--?[A-Za-z][\w-]*|\b\w+(?:[_=]\w+)+\b|\b[a-z0-9]+(?:\.[a-z_0-9]+){2,}\b|/\w[\w./]+"
)


def broken(text: str, shown: str) -> list[str]:
    """What a translation has to have of its source, and has not."""
    problems = []
    if _holes(text) - _INFLECTED != _holes(shown) - _INFLECTED:
        problems.append(f"the placeholders are not {', '.join(sorted(_HOLE.findall(text))) or 'none'}")
    bare, own = (_HOLE.sub("", part) for part in (text, shown))
    if lost := [word for word in _KEPT.findall(bare) if word not in own]:
        problems.append(f"{', '.join(dict.fromkeys(lost))} stays as it is")
    return problems


def _holes(text: str) -> set[str]:
    """The placeholders; one without a name by its number, as a translation may write it."""
    places = count()
    return {f"{{{next(places)}}}" if hole == "{}" else hole for hole in _HOLE.findall(text)}


def broken_page(page: str, shown: str, name: str) -> list[str]:
    """The same of a page in the language in force."""
    try:
        read_translated_page(shown, name)
    except BadPage as error:
        return [str(error)]
    problems = [
        f"the fix lacks the heading ### {translated(part)}"
        for part in (*PARTS_OF_FIX, wording.VERIFY)
        if f"\n### {part}\n" in page and f"\n### {translated(part)}\n" not in shown
    ]
    if not named_origin(shown):
        problems.append("its last line does not say what it was translated from")
    if named_origin(shown) == origin(page):  # of a stale page nothing is expected
        own, commands = _code(shown), _code(page.partition("\n## Cases")[0])
        problems += [f"the code {line!r} is not in it" for line in commands if line not in own]
    return problems


def _code(page: str) -> list[str]:
    """The lines of its code blocks."""
    lines, fenced = [], False
    for line in page.split("\n"):
        fence = line.startswith("```")
        fenced ^= fence
        if not fence and (fenced or line.startswith("    ")) and line.strip():
            lines.append(line.strip())
    return lines


@dataclass(slots=True)
class Report:
    """What is broken, and what is only missing or stale."""

    broken: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def checked(language: str) -> Report:
    """A language's texts and pages held against the sources."""
    report, catalog, texts = Report(), read(language), wanted()
    for text in texts:
        message = catalog.get(text)
        strings = [] if message is None else [message.string] if isinstance(message.string, str) else message.string
        if not any(strings) or (message is not None and message.fuzzy):
            report.missing.append(text)
        for shown in filter(None, strings):
            report.broken += [f"{text!r}: {problem}" for problem in broken(text, shown)]
    known = (message.id if isinstance(message.id, str) else message.id[0] for message in catalog if message.id)
    report.stale += [text for text in known if text not in texts]
    file = LOCALE / language / "LC_MESSAGES/lvsdoctor.mo"
    if not file.exists() or _texts(read_mo(io.BytesIO(file.read_bytes()))) != _texts(catalog):
        report.broken.append(f"{file.relative_to(ROOT)} is not made from the .po beside it: run `make translations`")
    with speaking(language):
        _check_pages(language, report)
    return report


def _texts(catalog: Catalog) -> dict[str, str]:
    """What a catalogue translates, without its head."""
    return {
        str(message.id if isinstance(message.id, str) else tuple(message.id)): str(
            message.string if isinstance(message.string, str) else tuple(message.string)
        )
        for message in catalog
        if message.id and message.string and all(message.string) and not message.fuzzy
    }


def _check_pages(language: str, report: Report) -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("rules/*/*.md"))}
    own = {Path(translated_page(str(path), language)) for path in pages}
    for path in own & set(pages):
        del pages[path]
    for path, page in pages.items():
        other = Path(translated_page(str(path), language))
        name = other.relative_to(ROOT).as_posix()
        if not other.exists():
            report.missing.append(name)
            continue
        shown = other.read_text(encoding="utf-8")
        report.broken += [f"{name}: {problem}" for problem in broken_page(page, shown, path.stem.replace("_", "-"))]
        if named_origin(shown) != origin(page):
            report.stale.append(f"{name}: made from {named_origin(shown)}, and the page is {origin(page)} now")


# -- the command -------------------------------------------------------------------------------------------------------


def main(arguments: Iterable[str]) -> int:
    arguments = set(arguments)
    code = 0
    for language in sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir()):
        if "--check" not in arguments:
            write(updated(read(language), language), language)
        report = checked(language)
        for problem in report.broken:
            print(f"{language}: {problem}", file=sys.stderr)
        if "-v" in arguments or "--strict" in arguments:
            for word, texts in (("missing", report.missing), ("stale", report.stale)):
                for text in texts:
                    print(f"{language}: {word}: {text}")
        print(f"{language}: {len(report.missing)} missing, {len(report.stale)} stale, {len(report.broken)} broken")
        if report.broken or ("--strict" in arguments and (report.missing or report.stale)):
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
