import pytest
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from nakochat.core.errors import DataError
from nakochat.interop import hub_models


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (LocalEntryNotFoundError("no network\nand more"), r"\(no network\)"),
        (LocalEntryNotFoundError(""), r"\(LocalEntryNotFoundError\)"),
        (HfHubHTTPError.__new__(HfHubHTTPError), r"\(HfHubHTTPError\)"),  # which says nothing of itself
    ],
)
def test_what_the_hub_refuses_is_told_in_a_line(monkeypatch, trouble, why):
    def refuse(*arguments, **options):
        raise trouble

    monkeypatch.setattr(hub_models, "snapshot_download", refuse)
    with pytest.raises(DataError, match=why):
        hub_models.pull_model("a/b", None)
