"""What reports say of findings beside their sentences: which others belong to them, and who set the severity."""

from collections.abc import Iterable, Sequence

from lvsdoctor.language import translated
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.reporting.wording import listed

MOST_COMMANDS = 8  # that would tell more, named of many nodes


def others_of(together: Sequence[Diagnosis]) -> str:
    """The findings of other rules that are listed under these, as the same fix clears them, and those about the same
    step; empty where there are none."""
    under = listed(dict.fromkeys(code for diagnosis in together for code in diagnosis.clears))
    about = listed(dict.fromkeys(code for diagnosis in together for code in diagnosis.also))
    cleared = translated("{codes} (the same cause: this fix clears these findings, too)", codes=under) if under else ""
    alike = translated("{codes} (about the same step of the packet's path)", codes=about) if about else ""
    return translated("; ").join(filter(None, (cleared, alike)))


def severities_set(together: Iterable[Diagnosis]) -> list[str]:
    """`lvsdoctor.toml:2 sets this severity in place of error.`, each sentence once."""
    text = "{file} sets this severity in place of {severity}."
    some = [diagnosis for diagnosis in together if diagnosis.severity_before is not None]
    return list(
        dict.fromkeys(translated(text, file=d.severity_by, severity=translated(str(d.severity_before))) for d in some)
    )
