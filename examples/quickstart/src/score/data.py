"""Customers who never were."""

import numpy as np
import pandas as pd


def make_customers(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    customers = pd.DataFrame(
        {
            "age": random.integers(18, 80, rows),
            "visits": random.poisson(4, rows),
            "basket": random.gamma(2.0, 25.0, rows),
        }
    )
    appeal = 0.05 * customers["basket"] + 0.6 * customers["visits"] - 0.04 * customers["age"]
    customers["returns"] = (appeal + random.normal(0, 1, rows) > appeal.median()).astype(int)
    return customers
