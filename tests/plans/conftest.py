"""The small project of tests/config, for the tests of plans."""

from tests.config.conftest import project

__all__ = ["project"]
