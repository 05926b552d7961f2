"""What brings Trailguard to Function Compute, and looks after it there."""
