"""Mirrors of a run's log in other programs: TensorBoard, Weights & Biases, MLflow and Trackio."""
