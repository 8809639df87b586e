"""What the configuration file sets of single rules: severity, off, and the numbers that a rule declares as options."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from lvsdoctor.cli.choosing import named
from lvsdoctor.cli.errors import OK, CliError, unknown

if TYPE_CHECKING:
    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.engine.settings import Configuration, RuleSettings


def applied(rules: Sequence["Rule"], settings: "Configuration | None") -> Sequence["Rule"]:
    """The rules as the tables [rule.NAME] set them. Raises CliError for a rule or an option that there is not."""
    tables = _tables(rules, settings)
    return [_set(rule, tables[rule.name]) if rule.name in tables else rule for rule in rules]


def _tables(rules: Sequence["Rule"], settings: "Configuration | None") -> dict[str, "RuleSettings"]:
    tables: dict[str, RuleSettings] = {}
    for table in settings.rule if settings is not None else ():
        meant = named(rules, [table.word], table.seen)
        if len(meant) != 1:
            raise CliError(f"{table.seen}: {table.word!r} means {len(meant)} rules; a table is of one rule")
        if meant[0].name in tables:
            raise CliError(f"{table.seen}: another table sets {meant[0].name}")
        tables[meant[0].name] = table
    return tables


def _set(rule: "Rule", table: "RuleSettings") -> "Rule":
    options = {option.name: option for option in rule.options}
    for name, value in table.values.items():
        place = table.places[name]
        if name not in options:
            raise unknown(f"option of {rule.name}", name, [*options, "severity", "off"], f"{place}: ")
        least, most = options[name].least, options[name].most
        if not least <= value <= most:
            raise CliError(f"{place}: {name} must be from {least} to {most} {options[name].unit}")
    values = {options[name].argument: value for name, value in table.values.items()}
    by = str(table.places.get("severity", table.seen))
    return replace(
        rule,
        check=partial(rule.check, **values) if values else rule.check,
        severity_set=table.severity,
        set_by=by if table.severity is not None else "",
    )


def show(rules: Sequence["Rule"], settings: "Configuration | None") -> int:
    """Print what is in effect, as a file that says the same; of options also what is the default."""
    from lvsdoctor.sanitize import legible

    for line in _lines(rules, settings):
        print(legible(line))
    return OK


def _lines(rules: Sequence["Rule"], settings: "Configuration | None") -> Iterator[str]:
    yield f"# {settings.file}" if settings is not None else "# no configuration file is used"
    for key, seen in settings.places.items() if settings is not None else ():
        if key not in ("accept", "rule"):
            yield f"{key} = {_value(getattr(settings, key.replace('-', '_')))}  # {seen}"
    for acceptance in settings.accept if settings is not None else ():
        yield f"# accepts {acceptance.rule} on {acceptance.node}: {acceptance.reason} ({acceptance.seen})"
    tables = _tables(rules, settings)
    for rule in rules:
        table = tables.get(rule.name)
        if rule.options or table is not None:
            yield from ("", f"[rule.{rule.name}]", *_of_rule(rule, table))


def _of_rule(rule: "Rule", table: "RuleSettings | None") -> Iterator[str]:
    places = table.places if table is not None else {}
    if table is not None and table.off:
        yield f"off = true  # {places['off']}"
    if table is not None and table.severity is not None:
        yield f'severity = "{table.severity}"  # {places["severity"]}; the rule says {rule.severity}'
    for option in rule.options:
        value = table.values.get(option.name, option.default) if table is not None else option.default
        origin = f"{places[option.name]}; default {option.default}" if option.name in places else "default"
        yield f"{option.name} = {value}  # {option.unit}: {option.meaning} ({origin})"


def _value(value: object) -> str:
    import json

    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
