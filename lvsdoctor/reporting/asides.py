"""What reports say of findings beside their sentences: which others belong to them, and who set the severity."""

from collections.abc import Iterable, Sequence

from lvsdoctor.language import translated
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.reporting.wording import listed

MOST_COMMANDS = 8  # that would tell more, named of many nodes


def others_of(together: Sequence[Diagnosis]) -> str:
    """`ARP001, ARP003 cleared by the same fix; TUN002 about the same step`: the findings of other rules that are listed
    under these, and those about the same step; empty where there are none."""
    under = listed(dict.fromkeys(code for diagnosis in together for code in diagnosis.clears))
    about = listed(dict.fromkeys(code for diagnosis in together for code in diagnosis.also))
    cleared = translated("{codes} cleared by the same fix", codes=under) if under else ""
    return "; ".join(filter(None, (cleared, translated("{codes} about the same step", codes=about) if about else "")))


def severities_set(together: Iterable[Diagnosis]) -> list[str]:
    """`lvsdoctor.toml:2 sets this severity in place of error.`, each sentence once."""
    text = "{file} sets this severity in place of {severity}."
    some = [diagnosis for diagnosis in together if diagnosis.severity_before is not None]
    return list(
        dict.fromkeys(translated(text, file=d.severity_by, severity=translated(str(d.severity_before))) for d in some)
    )
