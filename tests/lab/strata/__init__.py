"""Kinds of clusters that random draws would seldom meet, each drawn as often as the others."""

from tests.lab.strata import ipv6, shaped, single
from tests.lab.strata.stratum import STRATA, Stratum

__all__ = ["STRATA", "Stratum", "ipv6", "shaped", "single"]
