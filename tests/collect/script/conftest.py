"""Network namespaces, as the tests of the live collector make them."""

from tests.collect.live.conftest import new_namespace

__all__ = ["new_namespace"]
