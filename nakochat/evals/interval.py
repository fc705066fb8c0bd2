"""Right answers of n -> the interval that holds the true share with 95 % confidence."""

import math

Z = 1.959964  # two-sided 95 %


def wilson(right: int, count: int) -> tuple[float, float]:
    """Wilson's score interval (https://doi.org/10.1080/01621459.1927.10502953), which stays within 0 and 1."""
    if count == 0:
        return 0.0, 1.0
    share = right / count
    middle = share + Z * Z / (2 * count)
    spread = Z * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    scale = 1 + Z * Z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
