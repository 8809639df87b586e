"""An error of a real server that gets no new clients is a warning, and says so."""

from dataclasses import replace

from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Citation, Severity


def warning_at_weight_0(diagnosis: Diagnosis, weight: Citation, *, message: str = "") -> Diagnosis:
    """The finding as a warning that quotes the row of weight 0; `message` in place of its own."""
    clients = diagnosis.finding.clients and f"With a weight above 0: {diagnosis.finding.clients}"
    finding = diagnosis.finding.amended(weight, message=message, clients=clients)
    return replace(diagnosis, finding=finding, severity=Severity.WARNING)


def warning_of_standby(diagnosis: Diagnosis, weight: Citation) -> Diagnosis:
    """The finding as a warning that quotes the row of a real server to which the scheduler sends nothing before those
    of larger weight fail."""
    clients = diagnosis.finding.clients and f"If the real servers of larger weight fail: {diagnosis.finding.clients}"
    return replace(diagnosis, finding=diagnosis.finding.amended(weight, clients=clients), severity=Severity.WARNING)
