"""What reports say of findings beside their sentences: who else is about the step, and who set the severity."""

from collections.abc import Iterable

from lvsdoctor.language import translated
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.reporting.wording import listed

MOST_COMMANDS = 8  # that would tell more, named of many nodes


def same_step(together: Iterable[Diagnosis]) -> str:
    """`DR001, TUN002 about the same step`: other rules' findings that these speak for; empty where there are none."""
    others = listed(dict.fromkeys(code for diagnosis in together for code in diagnosis.also))
    return translated("{codes} about the same step", codes=others) if others else ""


def severities_set(together: Iterable[Diagnosis]) -> list[str]:
    """`lvsdoctor.toml:2 sets this severity in place of error.`, each sentence once."""
    text = "{file} sets this severity in place of {severity}."
    some = [diagnosis for diagnosis in together if diagnosis.severity_before is not None]
    return list(
        dict.fromkeys(translated(text, file=d.severity_by, severity=translated(str(d.severity_before))) for d in some)
    )
