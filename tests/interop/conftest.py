"""What the tests of models that come in and go out share."""

import pytest

from tests.interop.families import FAMILIES, Family, make_family


@pytest.fixture(params=list(FAMILIES))
def family(request, tmp_path) -> Family:
    """Each family in turn."""
    return make_family(request.param, tmp_path / request.param)
