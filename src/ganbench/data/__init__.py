"""Data sets: numbered items read in batches; each set is a function with a public name."""

from ganbench.data.base import Batch, DataInfo, Dataset

__all__ = ["Batch", "DataInfo", "Dataset"]
