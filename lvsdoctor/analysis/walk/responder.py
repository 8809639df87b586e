"""A host that may get what clients send to a VIP."""

from dataclasses import dataclass

from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import StepVerdict


@dataclass(frozen=True, slots=True)
class PossibleResponder:
    """A host that may get the clients' packets, on which link they arrive, and how it is decided.

    `followed`: what becomes of the packets there tells how the clients fare. Not where it may be that none come.
    """

    node: Node
    link: str | None
    verdict: StepVerdict
    followed: bool = True
