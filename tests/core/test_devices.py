import pytest
import torch

from nakochat.core.devices import DATASHEETS, datasheet_of, matmul_tflops


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("NVIDIA H200", "h200"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA A100-SXM4-80GB", "a100"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA L4", "l4"),
        ("NVIDIA A10", "a10"),
        ("NVIDIA GeForce RTX 4090", "rtx4090"),
        ("NVIDIA A10G", None),  # another chip than the A10: not in the table
        ("Intel(R) Xeon(R) Processor", None),
    ],
)
def test_a_name_finds_its_own_datasheet(name, kind):
    sheet = datasheet_of(name)
    assert (None if sheet is None else sheet.kind) == kind


def test_every_row_says_where_it_is_from():
    assert all(sheet.link.startswith("https://") and sheet.bf16_tflops > 0 for sheet in DATASHEETS)
    assert len({sheet.kind for sheet in DATASHEETS}) == len(DATASHEETS)


def test_the_ceiling_counts_two_operations_for_each_product(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("nakochat.core.devices.time.perf_counter", lambda: float(next(clock)))
    found = matmul_tflops(torch.device("cpu"), torch.float32, size=64, repeats=3)
    assert found == pytest.approx(2 * 64**3 / 1e12)
