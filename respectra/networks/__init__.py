"""Networks: rgb in, cube out. They know nothing of training, data or files."""
