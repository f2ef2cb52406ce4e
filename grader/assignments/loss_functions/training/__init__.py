"""Task 3's trusted training run, the images that it reads, and the commands that prepare them."""
