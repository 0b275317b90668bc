"""Where the commands of a study run: in processes of this machine, as jobs of Slurm, or as tasks of Ray."""
