"""What networks, trainings and papers cost: multiplications, GPU-hours, disk."""
