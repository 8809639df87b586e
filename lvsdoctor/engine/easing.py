"""An error of a real server that gets no new clients is a warning, and says so."""

from dataclasses import replace

from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Citation, Severity


def warning_at_weight_0(diagnosis: Diagnosis, weight: Citation, *, message: str = "") -> Diagnosis:
    """The finding as a warning that quotes the row of weight 0; `message` in place of its own."""
    clients = diagnosis.finding.clients and f"With a weight above 0: {diagnosis.finding.clients}"
    finding = diagnosis.finding.amended(weight, message=message, clients=clients)
    return replace(diagnosis, finding=finding, severity=Severity.WARNING)
