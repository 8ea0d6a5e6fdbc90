"""The contract: what a Misskey server answers, and that our sandbox answers the same."""

import pytest

pytest.register_assert_rewrite("tests.contract.truth")
