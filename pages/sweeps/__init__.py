"""The pages of sweeps: the form, and a sweep while it runs and when it is done."""
