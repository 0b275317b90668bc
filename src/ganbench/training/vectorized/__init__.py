"""Train several seeds of a recipe in one process: their small products become batched ones."""
