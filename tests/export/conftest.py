"""The small run."""

from tests.runs.conftest import copied, small  # noqa: F401
