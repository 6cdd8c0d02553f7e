"""CAP 1.2 (OASIS, 1 July 2010): what is said, in which words, and where it is put."""
