"""lvsdoctor rules: list them, try the cases of their pages, start a new one."""

import re
from argparse import Namespace, _SubParsersAction
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli.errors import FINDINGS, OK, CliError, unknown
from lvsdoctor.model.finding import Severity

if TYPE_CHECKING:
    from lvsdoctor.engine.rule import Rule

_ROLES = ("director", "real-server", "any")
_SEVERITIES = "only those of severity error, warning or note (repeat)"


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `rules list`, `rules try` and `rules new`."""
    parser = verbs.add_parser("rules", help="list rules, try their cases, start a new one")
    actions = parser.add_subparsers(dest="action", metavar="list|try|new", required=True)
    listing = actions.add_parser("list", help="every rule with its code, severity, role and what it is about")
    listing.add_argument("--rules", action="append", default=[], type=Path, metavar="DIR", help="also rules from there")
    add = listing.add_argument
    add("--family", action="append", default=[], metavar="NAME", help="only those of this family, such as arp (repeat)")
    add("--severity", action="append", default=[], choices=list(Severity), metavar="NAME", help=_SEVERITIES)
    add("--role", action="append", default=[], choices=_ROLES, metavar="NAME", help=f"only for {', '.join(_ROLES)}")
    add("-f", "--format", choices=("text", "json"), default="text", metavar="NAME", help="text, json")
    listing.set_defaults(run=show)
    trying = actions.add_parser("try", help="run the cases of the pages in a rules directory")
    trying.add_argument("directory", type=Path, nargs="?", metavar="DIR", help="default: the rules that ship with it")
    trying.set_defaults(run=try_all)
    new = actions.add_parser("new", help="write the two files of a new rule")
    new.add_argument("rule", metavar="FAMILY/NAME", help="such as arp/some-bad-state")
    new.add_argument("--dir", type=Path, default=Path("rules"), metavar="DIR", help="where (default: ./rules)")
    new.set_defaults(run=start)


def show(options: Namespace) -> int:
    """One line per rule, sorted by code; or all that is known of each, as JSON."""
    from lvsdoctor.cli.choosing import load
    from lvsdoctor.sanitize import legible

    known = load(options.rules)
    for name in options.family:
        if name not in (families := {rule.family for rule in known}):
            raise unknown("family of rules", name, sorted(families))
    rules = sorted((rule for rule in known if _is_asked_for(rule, options)), key=lambda rule: rule.code)
    if options.format == "json":
        import json

        rows = [_as_data(rule) for rule in rules]
        print(json.dumps({"schema": "lvsdoctor-rules/1", "rules": rows}, indent=2, ensure_ascii=True))
        return OK
    for rule in rules:
        about = _summary(rule) or "(its page cannot be read)"
        print(legible(f"{rule.code}  {rule.severity:7}  {rule.role or 'any':11}  {rule.name}: {about}"))
    return OK


def _is_asked_for(rule: "Rule", options: Namespace) -> bool:
    asked = ((options.family, rule.family), (options.severity, rule.severity), (options.role, rule.role or "any"))
    return all(not names or own in names for names, own in asked)


def _as_data(rule: "Rule") -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "family": rule.family,
        "severity": rule.severity.value,
        "role": rule.role,
        "summary": _summary(rule),
        "needs": sorted(rule.needs),
        "helps": sorted(rule.helps),
        "explains": rule.explains.value if rule.explains else None,
        "options": [asdict(option) for option in rule.options],
    }


def _summary(rule: "Rule") -> str:
    """The first sentence of its page; "" where that cannot be read."""
    from lvsdoctor.reporting.rule_page import BadPage, page_of

    try:
        return " ".join(page_of(rule).summary.split())
    except (OSError, BadPage):
        return ""


def try_all(options: Namespace) -> int:
    """Run every case; exit 1 if one does not do what its heading says."""
    from lvsdoctor.cli.choosing import load
    from lvsdoctor.engine.case_runner import try_page
    from lvsdoctor.engine.paths import home
    from lvsdoctor.reporting.rule_page import BadPage, page_of
    from lvsdoctor.sanitize import legible

    directory = (options.directory or home("rules")).resolve()
    rules = load([] if directory.is_relative_to(home("rules").resolve()) else [directory])
    mine = [rule for rule in rules if Path(rule.file).resolve().is_relative_to(directory)]
    if not mine:
        raise CliError(f"{directory}: this directory has no rule")
    failed = passed = 0
    for rule in mine:
        try:
            tried, about_page = try_page(rule, page_of(rule))
        except (OSError, BadPage) as error:
            failed += 1
            print(legible(f"FAIL  {rule.name}: {error}"))
            continue
        for complaint in about_page:
            failed += 1
            print(legible(f"FAIL  {rule.name}: {complaint}"))
        for one in tried:
            word = "FAIL" if one.complaints else "ok"
            print(legible(f"{word:4}  {rule.name}: {one.case.expects}: {one.case.title} (line {one.case.line})"))
            for complaint in one.complaints:
                print(f"      {legible(complaint)}")
            failed += bool(one.complaints)
            passed += not one.complaints
    print(f"{passed} passed, {failed} failed")
    return FINDINGS if failed else OK


def start(options: Namespace) -> int:
    """Write NAME.py and NAME.md, ready to be filled in; never over an existing file."""
    from lvsdoctor.cli.choosing import load
    from lvsdoctor.cli.templates import PAGE, RULE

    if not re.fullmatch(r"[a-z][a-z0-9]*/[a-z][a-z0-9]*(-[a-z0-9]+)*", options.rule):
        raise CliError(f"{options.rule!r}: a rule is named FAMILY/NAME in small letters, such as arp/some-bad-state")
    family, name = options.rule.split("/")
    ours = load([])
    if any(rule.name == name for rule in ours):
        raise CliError(f"a rule {name} exists already")
    words = {"name": name, "function": name.replace("-", "_"), "code": _free_code(family, {r.code for r in ours})}
    file = options.dir / family / f"{words['function']}.py"
    for path, template in ((file, RULE), (file.with_suffix(".md"), PAGE)):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:
                stream.write(template.format_map(words))
        except FileExistsError:
            raise CliError(f"{path} exists already") from None
        except OSError as error:
            raise CliError(f"{path}: {error.strerror}") from None
        print(path)
    return OK


def _free_code(family: str, taken: set[str]) -> str:
    """A code above 900 that is nobody's: the catalogue's own stay below."""
    prefix = family[:4].upper()
    return next(code for number in range(901, 1000) if (code := f"{prefix}{number}") not in taken)
