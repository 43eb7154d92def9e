"""Physics of MR beside that of other libraries: on one real volume, in pictures and in figures."""
