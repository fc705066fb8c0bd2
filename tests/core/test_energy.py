from nakochat.core.energy import EnergyMeter


def package(folder, name, microjoules, most=None):
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "energy_uj").write_text(f"{microjoules}\n")
    if most is not None:
        (folder / name / "max_energy_range_uj").write_text(f"{most}\n")


def test_packages_are_counted_once_and_over_the_end_of_their_counters(tmp_path):
    package(tmp_path, "intel-rapl:0", 5_000_000, 10_000_000)
    package(tmp_path, "intel-rapl:1", 1_000_000, 10_000_000)
    package(tmp_path, "intel-rapl:0:0", 1)  # the cores of package 0
    meter = EnergyMeter(rapl=tmp_path)
    assert meter.joules() == 0
    package(tmp_path, "intel-rapl:0", 9_000_000)
    package(tmp_path, "intel-rapl:0:0", 9_000_000)
    assert meter.joules() == 4
    package(tmp_path, "intel-rapl:0", 2_000_000)  # began anew
    package(tmp_path, "intel-rapl:1", 1_500_000)
    assert meter.joules() == 7.5


def test_a_machine_without_meters_has_no_figure(tmp_path):
    assert EnergyMeter(rapl=tmp_path).joules() is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert EnergyMeter(("GPU-none",), rapl=tmp_path).joules() is None
