"""Data sets: numbered items that can be had as batches, each set a function found by its public name."""

from ganbench.data.base import Batch, DataInfo, Dataset

__all__ = ["Batch", "DataInfo", "Dataset"]
