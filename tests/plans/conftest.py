"""The small project of tests/config, for the tests of plans."""

from tests.config.conftest import project, template

__all__ = ["project", "template"]
