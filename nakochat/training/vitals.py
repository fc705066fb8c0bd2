"""A row of the loop's log -> what else a person watches: perplexity, learning rates, memory, energy, share of the peak.

The loop logs what it did; this adds what depends on the machine and on the peak learning rates.
"""

import math
from collections.abc import Mapping
from typing import Any

from nakochat.core.devices import datasheet_of
from nakochat.core.energy import EnergyMeter
from nakochat.core.inspection import held_bytes
from nakochat.core.machine import Machine
from nakochat.models.model import ModelConfig
from nakochat.models.sizing import count


class Vitals:
    """Called by Run.log (Run.also): (kind, values of a row) -> more values."""

    def __init__(
        self, config: object, machine: Machine, *, rates: Mapping[str, float], tokens_per_step: int | None
    ) -> None:
        """rates: peak learning rates by name.  tokens_per_step: None where steps differ.

        MFU is there where FLOPs can be counted and the device's datasheet is known.
        """
        self._device, self._rates = machine.device, dict(rates)
        self._energy = EnergyMeter(machine.gpu_uuids())
        self._flops: int | None = None
        if isinstance(config, ModelConfig) and tokens_per_step is not None:
            self._flops = count(config).flops_per_token * tokens_per_step
        sheet = datasheet_of(str(machine.describe()["name"])) if machine.device.type == "cuda" else None
        self._peak = sheet.bf16_tflops * 1e12 * machine.world if sheet else None

    def __call__(self, kind: str, values: Mapping[str, Any]) -> dict[str, float]:
        if kind != "step":
            return {}
        found = {
            f"{name}_learning_rate": peak * values["learning_rate"] for name, peak in self._rates.items()
        }
        energy = self._energy.joules()
        if energy is not None:
            found["energy_joules"] = energy
        found["memory_gb"] = held_bytes(self._device) / 1e9
        if "reward" not in values:  # there the loss is weighted by rewards, and no likelihood
            found["perplexity"] = math.exp(min(values["loss"], 100.0))
        if self._flops is not None and self._peak is not None:
            found["mfu"] = self._flops / values["step_seconds"] / self._peak
        return found
