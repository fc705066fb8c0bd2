"""In how many bits a model's weights are read.  No torch: the server's front names it without loading a model."""

from typing import Literal

Quant = Literal["bf16", "int8", "int4"]
