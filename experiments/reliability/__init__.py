"""What augjax survives, measured: stopped runs, damaged checkpoints, bad images, odd folders."""
